"""How a reference endpoint behaves, decided before it starts."""

from dataclasses import dataclass

from conformance.reference.script import Script

MODELS = (
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4-turbo",
    "gpt-4-1106-preview",
    "gpt-4",
    "gpt-3.5-turbo",
)


@dataclass(frozen=True)
class Settings:
    """The settings of one reference endpoint.

    `api_key` is the one key that is let in (None: any). `seed` makes the ids repeatable, `counted_ids`
    makes them counters. `pace` is seconds between two
    run statuses; a streamed piece takes half of it. `script` holds what the model does in each run, in order of their
    creation; runs beyond it get the model's own behaviour. `token_cap_minimum` is the lowest accepted
    `max_prompt_tokens` and `max_completion_tokens`: 256 by the document, while recordings of April 2024 show 16
    accepted. `control` serves `POST /_reference/clock`, which moves the clock, and `POST /_reference/KIND/{id}/expire`
    (KIND: runs, vector_stores, files), which ends the time of one object and leaves other clients alone.
    `largest_file` is in bytes; `downloads` False refuses to hand out files of the purposes assistants and user_data, as
    the real service does.
    """

    api_key: str | None = None
    seed: int | None = None
    counted_ids: bool = False
    pace: float = 0.004
    models: tuple[str, ...] = MODELS
    script: tuple[Script, ...] = ()
    token_cap_minimum: int = 256
    control: bool = False
    largest_file: int = 512 * 1024 * 1024
    downloads: bool = True

    @property
    def piece_pace(self) -> float:
        """Seconds between two pieces of a reply."""
        return self.pace / 2
