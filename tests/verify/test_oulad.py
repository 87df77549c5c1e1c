from tests.verify.oulad import counted, differences


class TestCounted:
    def test_agrees_with_what_was_written_into_the_zip(self, small_oulad_zip) -> None:
        told = counted(small_oulad_zip.path)
        assert told["learners"] == small_oulad_zip.learners
        assert told["enrollments"] == small_oulad_zip.enrollments
        assert told["student-page-days"] == small_oulad_zip.student_page_days
        assert told["clicks"] == small_oulad_zip.clicks
        assert told["submissions"] == small_oulad_zip.submissions
        assert told["scores"] == small_oulad_zip.graded
        assert sum(count for name, count in told.items() if name.startswith("clicks of ")) == small_oulad_zip.clicks


class TestDifferences:
    def test_names_what_differs_and_what_one_side_lacks(self) -> None:
        assert differences({"clicks": 3, "pages": 1}, {"clicks": 4, "pages": 1, "result fail": 2}) == [
            "clicks",
            "result fail",
        ]
