"""That ``make prove`` remembers what is done, and says what it misses."""

import pytest

from tests.prove.parts import PARTS
from tests.prove.running import Outcome, Proof, ServiceMissingError, run

DONE, FAILED = Outcome(tests=3, passed=3, seconds=12), Outcome(tests=3, passed=2, seconds=12)


@pytest.fixture
def proof(tmp_path):
    def proof(commit: str = "one", examples: int = 500) -> Proof:
        return Proof(tmp_path / "var" / "prove.json", commit=commit, examples=examples)

    return proof


def test_what_is_done_is_known_to_a_second_run_and_what_failed_is_not_done(proof):
    first = proof()
    first.keep("properties-sqlite", DONE)
    first.keep("properties-postgresql", FAILED)

    second = proof()

    assert [name for name in PARTS if second.has(name)] == ["properties-sqlite"]


@pytest.mark.parametrize("other", [{"commit": "another"}, {"examples": 50}])
def test_what_another_commit_or_fewer_examples_showed_is_forgotten(proof, other):
    proof().keep("properties-sqlite", DONE)

    assert not proof(**other).has("properties-sqlite")


def test_nothing_found_is_nothing_shown():
    assert not Outcome(tests=0, passed=0, seconds=1).is_fine


def test_table_has_a_line_for_each_part(proof):
    found = proof()
    found.keep("properties-sqlite", FAILED)

    lines = found.table(PARTS).strip().splitlines()

    assert [line.split()[0] for line in lines] == ["part", *PARTS]
    results = [line.split("500")[1].split() for line in lines[1:]]
    assert results == [["2", "of", "3", "hold", "12"], *[["not", "run", "–"]] * (len(PARTS) - 1)]


def test_a_database_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://desk@127.0.0.1:1/desk")

    with pytest.raises(ServiceMissingError, match=r"^PostgreSQL does not answer at 127\.0\.0\.1:1 .* DATABASE_URL\.$"):
        run("properties-postgresql", PARTS["properties-postgresql"], examples=1)
