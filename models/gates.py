"""Who becomes champion. A gate moves the alias, never somebody's optimism."""

from dataclasses import dataclass

from models.risk.evaluation import Judgement

SLACK = 0.003
"""A candidate with newer data may be this much behind the champion's recipe in AUC and precision: less is noise."""
WORST_CALIBRATION = 0.15
"""Debiased calibration error beyond which a stated chance misleads, whatever its order of people is worth. From one
presentation to the next the base rate itself moves: .10 on OULAD from 2013B to 2013J."""


@dataclass(frozen=True)
class Decision:
    """Whether the candidate passes, and every test in words."""

    passes: bool
    reasons: tuple[str, ...]


def decide(judgement: Judgement) -> Decision:
    """It must beat the seven-day rule, stand up to the champion's recipe, and mean what it says."""
    candidate, rule, champion = judgement.candidate, judgement.rule, judgement.champion
    tests = [
        (candidate.auc > rule.auc, f"AUC {candidate.auc:.3f} against the rule's {rule.auc:.3f}"),
        (
            candidate.precision > rule.precision,
            f"precision {candidate.precision:.3f} against the rule's {rule.precision:.3f} at the same list size",
        ),
        (
            candidate.calibration <= WORST_CALIBRATION,
            f"calibration error {candidate.calibration:.3f}, at most {WORST_CALIBRATION:.2f}",
        ),
    ]
    if champion:
        tests += [
            (
                candidate.auc >= champion.auc - SLACK,
                f"AUC {candidate.auc:.3f} against the champion's {champion.auc:.3f}",
            ),
            (
                candidate.precision >= champion.precision - SLACK,
                f"precision {candidate.precision:.3f} against the champion's {champion.precision:.3f}",
            ),
        ]
    passed = [bool(held) for held, _ in tests]
    told = tuple(f"{'held' if held else 'failed'}: {words}" for held, (_, words) in zip(passed, tests, strict=True))
    return Decision(passes=all(passed), reasons=told)
