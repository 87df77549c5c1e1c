"""What is on the demo's pages: short lessons that can be read, quizzes that can be handed in."""

import json
from dataclasses import dataclass

import numpy as np
import polars as pl

from contracts.events import AssessmentKind
from lms_api.imports.demo.catalogue import Family

FORUM = "forum"


@dataclass(frozen=True)
class Page:
    """One page of every course. `week` is the course week, from 1, in which it is meant; `concept` is its number."""

    activity_type: str
    week: int
    minutes: int
    concept: int | None = None


PAGES = (
    Page("resource", 1, 5),
    Page("lesson", 1, 20, 0),
    Page("lesson", 2, 25, 1),
    Page("lesson", 4, 25, 2),
    Page("lesson", 5, 20, 3),
    Page("lesson", 7, 30, 4),
    Page("lesson", 8, 25, 5),
    Page(FORUM, 1, 10),
    Page("resource", 9, 15),
)
LESSONS = tuple(place for place, page in enumerate(PAGES) if page.concept is not None)


@dataclass(frozen=True)
class Task:
    """One assessment of every course; due on the Sunday that ends the week. `weight` is percent."""

    title: str
    kind: AssessmentKind
    week: int
    weight: int
    concepts: tuple[int, ...] = ()


TASKS = (
    Task("Quiz 1", AssessmentKind.QUIZ, 3, 20, (0, 1, 2)),
    Task("Exercise", AssessmentKind.ASSIGNMENT, 5, 30),
    Task("Quiz 2", AssessmentKind.QUIZ, 7, 20, (3, 4, 5)),
    Task("Project", AssessmentKind.PROJECT, 10, 30),
)
QUIZ_ATTEMPTS = 3


def page_title(family: Family, page: Page) -> str:
    if page.concept is not None:
        return family.concepts[page.concept][0]
    if page.activity_type == FORUM:
        return "Questions and answers"
    return "Welcome" if page.week == 1 else "Revision guide"


def page_text(family: Family, page: Page) -> str:
    """Markdown."""
    if page.concept is not None:
        return _lesson(family, page.concept)
    if page.activity_type == FORUM:
        return "Ask whatever is unclear, and answer where you can: explaining is the best way to learn."
    if page.week == 1:
        plan = "\n".join(f"- {term}" for term, _ in family.concepts)
        return f"## Welcome to {family.title}\n\nTen weeks, about two hours each. You will meet:\n\n{plan}\n"
    return "## All of it once more\n\n" + "\n".join(f"- **{term}**: {meaning}." for term, meaning in family.concepts)


def _lesson(family: Family, concept: int) -> str:
    term, meaning = family.concepts[concept]
    before, _ = family.concepts[concept - 1]
    contrast = f"Say in one sentence how it differs from *{before}*." if concept else "Say it in your own words."
    return (
        f"## {term}\n\n**{term}** is {meaning}.\n\n"
        f"It is step {concept + 1} of {len(family.concepts)} in *{family.title}*. Read the sentence twice, then close "
        f"the page and write it down.\n\n### Try it\n\n1. Find an example of your own.\n2. {contrast}\n"
        "3. Bring both to *Questions and answers*.\n"
    )


def questions(family: Family, task: Task, rng: np.random.Generator) -> pl.DataFrame:
    """Two for each concept of the quiz: a choice of the term, and a statement to judge."""
    rows = [
        row for concept in task.concepts for row in (_choice(family, concept, rng), _statement(family, concept, rng))
    ]
    schema = {"question_text": pl.String, "question_type": pl.String, "options": pl.String, "correct_answer": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("order_index")


Question = tuple[str, str, str | None, str]


def _choice(family: Family, concept: int, rng: np.random.Generator) -> Question:
    others = [place for place in range(len(family.concepts)) if place != concept]
    offered = [concept, *rng.choice(others, size=3, replace=False)]
    rng.shuffle(offered)
    keys = "abcd"
    options = [{"key": key, "text": family.concepts[place][0]} for key, place in zip(keys, offered, strict=True)]
    text = f"Which term is meant? “{family.concepts[concept][1].capitalize()}.”"
    return text, "mcq", json.dumps(options, ensure_ascii=False), keys[offered.index(concept)]


def _statement(family: Family, concept: int, rng: np.random.Generator) -> Question:
    true = bool(rng.random() < 0.5)
    others = [place for place in range(len(family.concepts)) if place != concept]
    told = concept if true else int(rng.choice(others))
    text = f"“{family.concepts[concept][0]}” is {family.concepts[told][1]}."
    return text, "true_false", None, "true" if true else "false"
