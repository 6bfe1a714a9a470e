"""Lists assistants with a client for Azure that was made for a deployment."""


def probe(s):
    named = {} if s.mode in ("control", "workaround-no-deployment") else {"azure_deployment": "gpt4"}
    client = s.openai.AzureOpenAI(
        azure_endpoint=s.url, api_key="dummy", api_version="2024-05-01-preview", max_retries=0, **named
    )
    s.tell(count=len(client.beta.assistants.list().data))
