"""Azure's api-version tells which rules hold, whatever the calendar says."""

from datetime import UTC, date, datetime

import pytest

from conformance.trace.exchange import Exchange, Request

AZURE = "https://resource.openai.azure.com/openai/threads"


@pytest.mark.parametrize(
    ("url", "day"),
    [
        (f"{AZURE}?api-version=2024-05-01-preview", date(2024, 5, 1)),
        (f"{AZURE}?api-version=2024-08-01-preview", date(2024, 5, 1)),
        (f"{AZURE}?api-version=2025-01-01-preview", date(2024, 6, 8)),
        (f"{AZURE}?api-version=2023-12-01-preview", date(2023, 12, 1)),
        (f"{AZURE}?api-version=preview", date(2025, 6, 1)),
        (f"{AZURE}?api-version=2024-99-01", date(2025, 6, 1)),
        ("https://api.openai.com/v1/threads", date(2025, 6, 1)),
    ],
)
def test_the_day_of_an_exchange(url: str, day: date) -> None:
    made = Exchange(1, Request("GET", url), None, date=datetime(2025, 6, 1, tzinfo=UTC))
    assert made.day == day
