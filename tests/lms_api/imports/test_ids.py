from uuid import UUID, uuid4

import numpy as np
import polars as pl
import pytest

from contracts.ids import derived_id
from lms_api.imports.ids import derived_ids, random_ids, seeded_ids


class TestDerivedIds:
    def test_are_those_that_contracts_make_one_by_one(self) -> None:
        organization = uuid4()
        frame = pl.DataFrame({"module": ["AAA", "Ü"], "student": [11391, -5]})
        made = derived_ids(frame, (organization, "studentVle.csv"), "module", "student")
        assert made.to_list() == [
            str(derived_id(organization, "studentVle.csv", module, student)) for module, student in frame.iter_rows()
        ]
        assert UUID(made[0]).version == 5

    def test_refuses_a_key_with_a_hole(self) -> None:
        with pytest.raises(ValueError, match="null in one of student"):
            derived_ids(pl.DataFrame({"student": [1, None]}), ("x",), "student")

    def test_of_no_rows_is_empty(self) -> None:
        assert (
            derived_ids(pl.DataFrame({"student": []}, schema={"student": pl.Int32}), ("x",), "student").to_list() == []
        )


class TestRandomIds:
    def test_are_random_uuids(self) -> None:
        made = random_ids(1_000)
        assert made.n_unique() == 1_000
        assert {UUID(one).version for one in made} == {4}

    def test_seeded_ones_are_the_same_for_the_same_seed(self) -> None:
        first, again = (seeded_ids(np.random.default_rng(3), 5).to_list() for _ in range(2))
        assert first == again
        assert UUID(first[0]).version == 4
