"""Groups of operations that faults work on."""

ASSISTANT = ("createAssistant", "modifyAssistant")
RUN = ("createRun", "createThreadAndRun")
MODIFICATIONS = ("modifyAssistant", "modifyThread", "modifyMessage", "modifyRun")
METADATA = (*ASSISTANT, "createThread", "modifyThread", "createMessage", "modifyMessage", *RUN, "modifyRun")
STORE = ("createVectorStore", "modifyVectorStore")
CHUNKED = ("createVectorStore", "createVectorStoreFile", "createVectorStoreFileBatch")
LISTS = ("listAssistants", "listMessages", "listRuns", "listRunSteps")
LISTS_WITH_STORES = (*LISTS, "listVectorStores", "listVectorStoreFiles")
