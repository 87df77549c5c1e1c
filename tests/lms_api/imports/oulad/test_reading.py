import zipfile
from pathlib import Path

import pytest

from lms_api.imports.oulad.importer import oulad_campus
from lms_api.imports.rejects import SHOWN, ImportRejected

FILES = ("courses", "assessments", "vle", "studentInfo", "studentRegistration", "studentAssessment", "studentVle")


@pytest.fixture
def files(small_oulad_zip) -> dict[str, str]:
    """The texts of the small zip's tables, to be spoilt."""
    with zipfile.ZipFile(small_oulad_zip.path) as archive:
        return {name: archive.read(f"{name}.csv").decode() for name in FILES}


def rejects(tmp_path: Path, files: dict[str, str]) -> list[str]:
    """What is refused of these tables; an import of them has to fail."""
    path = tmp_path / "spoilt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text.encode())
    with pytest.raises(ImportRejected) as refused:
        oulad_campus(path)
    return [str(reject) for reject in refused.value.rejects]


def replaced_line(text: str, line: int, new: str) -> str:
    lines = text.split("\r\n")
    lines[line - 1] = new
    return "\r\n".join(lines)


class TestRead:
    def test_takes_a_question_mark_for_missing_like_an_empty_field(self, small_oulad_zip, tmp_path, files) -> None:
        path = tmp_path / "question-marks.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"data/{name}.csv", text.replace('""', '"?"').encode())
        marked, empty = oulad_campus(path), oulad_campus(small_oulad_zip.path)
        for (table, theirs), (_, ours) in zip(marked.rows, empty.rows, strict=True):
            drawn = {"actor_id", "password_hash"}
            assert theirs.drop(drawn, strict=False).equals(ours.drop(drawn, strict=False)), table

    def test_names_a_bad_value_by_file_and_line(self, tmp_path, files) -> None:
        files["studentVle"] = replaced_line(files["studentVle"], 5, '"AAA","2013B","10000","1000","soon","4"')
        assert rejects(tmp_path, files) == ['studentVle.csv:5: date is "soon", not a number']

    def test_names_a_missing_value_that_is_needed(self, tmp_path, files) -> None:
        files["studentVle"] = replaced_line(files["studentVle"], 9, '"AAA","2013B","10000","1000","3",""')
        assert rejects(tmp_path, files) == ["studentVle.csv:9: sum_click is missing"]

    def test_names_a_row_that_is_too_short(self, tmp_path, files) -> None:
        files["studentRegistration"] = replaced_line(files["studentRegistration"], 4, '"AAA","2013B","10002","-5"')
        assert rejects(tmp_path, files) == ["studentRegistration.csv:4: 4 values where 5 belong"]

    def test_names_a_lost_quote(self, tmp_path, files) -> None:
        files["vle"] = replaced_line(files["vle"], 6, '"1004","AAA","2013B","quiz","3","3')
        assert rejects(tmp_path, files)[0].startswith("vle.csv:")

    @pytest.mark.parametrize(
        ("table", "old", "new", "why"),
        [
            ("studentVle", '"sum_click"', '"clicks"', 'studentVle.csv:1: unknown column "clicks"'),
            ("studentVle", '"sum_click"', '"clicks"', 'studentVle.csv:1: the column "sum_click" is missing'),
            ("studentInfo", '"Pass"', '"Great"', 'final_result is "Great", not one of'),
            ("assessments", '"CMA"', '"XMA"', 'assessment_type is "XMA", not one of TMA, CMA, Exam'),
            ("courses", '"2013B"', '"2013X"', "courses.csv:2: not the code of a presentation"),
            ("assessments", '"30","20.0"', '"30","200"', "weight is 200, out of range"),
        ],
    )
    def test_refuses_what_the_published_shape_has_not(self, tmp_path, files, table, old, new, why) -> None:
        files[table] = files[table].replace(old, new, 1)
        assert any(why in reject for reject in rejects(tmp_path, files))

    def test_refuses_a_zip_without_a_table_or_with_a_strange_one(self, tmp_path, files) -> None:
        files["studentGrades"] = files.pop("vle")
        assert rejects(tmp_path, files) == [
            "spoilt.zip: studentGrades.csv is no table of OULAD",
            "spoilt.zip: the table vle.csv is missing",
        ]

    def test_refuses_what_is_no_zip(self, tmp_path) -> None:
        (tmp_path / "not.zip").write_text("hello")
        with pytest.raises(ImportRejected, match=r"not\.zip: not a readable zip"):
            oulad_campus(tmp_path / "not.zip")


class TestRelated:
    @pytest.mark.parametrize(
        ("table", "row", "why"),
        [
            ("studentVle", '"AAA","2013B","999","1000","1","1"', "no such student in studentInfo.csv"),
            ("studentVle", '"AAA","2013B","1","6000","1","1"', "no such page in vle.csv"),
            ("studentAssessment", '"77777","1","3","0","50"', "no such assessment in assessments.csv: 77777"),
            ("studentAssessment", '"600","1","3","0","50"', "not a student of the assessment's presentation"),
            ("studentRegistration", '"AAA","2013B","999","1",""', "no such student in studentInfo.csv"),
            ("vle", '"9","CCC","2013B","quiz","",""', "no such presentation in courses.csv: CCC, 2013B"),
        ],
    )
    def test_names_a_row_that_points_at_nothing(self, tmp_path, files, table, row, why) -> None:
        last = files[table].count("\r\n") + 1
        files[table] += row + "\r\n"
        found = rejects(tmp_path, files)
        assert len(found) == 1
        assert found[0].startswith(f"{table}.csv:{last}: {why}")

    def test_refuses_a_second_row_for_one_thing_but_not_the_same_row_again(self, tmp_path, files) -> None:
        files["courses"] += files["courses"].split("\r\n")[1] + "\r\n" + '"AAA","2013B","99"\r\n'
        assert rejects(tmp_path, files) == ["courses.csv:9: a second row for AAA, 2013B"]

    def test_shows_some_and_counts_the_rest(self, tmp_path, files) -> None:
        files["studentVle"] = files["studentVle"].replace('"AAA","2013B","1000', '"AAA","2013J","7', 90)
        path = tmp_path / "many.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"{name}.csv", text)
        with pytest.raises(ImportRejected) as refused:
            oulad_campus(path)
        lines = str(refused.value).splitlines()
        assert len(lines) == SHOWN + 2
        assert lines[-1].strip() == f"… and {len(refused.value.rejects) - SHOWN:,} more"
