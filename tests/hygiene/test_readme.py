"""What README.md says that is generated is what its command prints today."""

from __future__ import annotations

from tests.support_matrix import in_readme, print_matrix


def test_the_support_matrix_is_that_of_today() -> None:
    assert in_readme() == print_matrix(), "make matrix ARGS=--write"
