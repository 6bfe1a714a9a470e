"""Gives the asynchronous client an event handler of the synchronous one."""

import asyncio

from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI


async def talk(s, handler):
    async with AsyncOpenAI(**s.options) as client:
        threads = client.beta.threads
        async with threads.runs.stream(thread_id="thread_1", assistant_id="asst_1", event_handler=handler) as events:
            await events.until_done()


def probe(s):
    s.need("beta.threads.runs.stream")
    asyncio.run(talk(s, AssistantEventHandler() if s.mode == "condition" else AsyncAssistantEventHandler()))
    s.tell(done=True)
