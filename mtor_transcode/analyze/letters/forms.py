# SPDX-License-Identifier: Apache-2.0
"""The forms of letters: outlines where one shows many, masks for the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE
from mtor_transcode.analyze.letters.letter_outlines import Known, drawn_letters
from mtor_transcode.analyze.letters.mask_fit import Form, Letter, fit_forms, grouped
from mtor_transcode.analyze.letters.mask_merging import Groups
from mtor_transcode.analyze.letters.reading import reading_lines
from mtor_transcode.model import UNITS_PER_PX, Mask


def forms_of(
    letters: Sequence[Letter],
    lam: float,
    masks: Sequence[Mask],
    outlines: Sequence[Known],
    *,
    fresh: bool = True,
) -> list[Form]:
    """Outlines and masks for letters, known ones where they are good enough; new outlines if ``fresh``."""
    fields = np.stack([letter.field for letter in letters])
    energies = np.array([letter.energy for letter in letters])
    groups = grouped(fields, energies, lam, masks)
    lines = reading_lines([(letter.corner[0] + SIDE // 2, letter.corner[1] + BASE) for letter in letters])
    forms: list[Form] = []
    drawn: set[int] = set()
    for one in drawn_letters(groups, fields, energies / lam, lines, outlines, fresh):
        places = []
        for letter, x, y in one.places:
            left, top = letters[letter].corner
            places.append((letter, round((left + x) * UNITS_PER_PX), round((top + y) * UNITS_PER_PX)))
            drawn.add(letter)
        forms.append(Form(one.outline, one.scale, places))
    rest = np.array([letter for letter in range(len(letters)) if letter not in drawn], dtype=np.int64)
    if not len(rest):
        return forms
    left_over = Groups(groups.centres, groups.fixed, groups.group[rest], groups.shifts[rest])
    for form in fit_forms(left_over, [letters[letter] for letter in rest], fields[rest], lam, masks):
        places = [(int(rest[letter]), dx, dy) for letter, dx, dy in form.places]
        forms.append(Form(form.outline, form.scale, places))
    return forms
