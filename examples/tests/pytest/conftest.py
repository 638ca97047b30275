"""Fixtures: one Latchkey for the whole run, as right after its start for every test."""

from pathlib import Path

import pytest

from latchkey import Latchkey

SEED = Path(__file__).parent / "../../seed.toml"


@pytest.fixture(scope="session")
def running_latchkey():
    latchkey = Latchkey(SEED)
    yield latchkey
    latchkey.stop()


@pytest.fixture
def latchkey(running_latchkey):
    running_latchkey.reset()
    return running_latchkey
