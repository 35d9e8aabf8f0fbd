"""Two names may be one person's where one has no word that the other lacks, titles apart."""

import pytest

from rag.text.speaker_names import same_speaker


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Liska Brenner", "Brenner", True),
        ("brenner", "Liska BRENNER", True),
        ("Liska Brenner", "Ben Oake", False),
        ("Liska Brenner", "Anna Brenner", False),
        ("", "Brenner", False),
        ("", "", False),
        ("Mayor Brenner", "Liska Brenner", True),
        ("opposition leader Brenner", "Liska Brenner", True),
        ("Finance Minister Liska Brenner", "Anna Brenner", False),
        ("Sheriff Brenner", "Liska Brenner", True),
        ("Mr. Brenner", "Mrs. Liska Brenner", True),
        ("Mayor Brenner of Orvel", "Liska Brenner", True),
        ("Brenner, the mayor of Orvel", "Liska Brenner", True),
        ("the lawyer for Liska Brenner", "Liska Brenner", False),
        ("the lawyer for Liska Brenner", "the lawyer for Ben Oake", False),
        ("the lawyer for Liska Brenner", "the lawyer", True),
        ("the lawyer for Mayor Brenner", "the mayor", False),
        ("L. Brenner", "Liska Brenner", True),
        ("A. Brenner", "Liska Brenner", False),
        ("L. M. Brenner", "Liska Brenner", True),
        ("L. M. Brenner", "Liska Anna Brenner", False),
        ("Liska M. Brenner", "Liska Maria Brenner", True),
        ("Liska B.", "Liska Brenner", False),
        ("L. Oake", "Liska Brenner", False),
        ("Stephen King", "King", True),
        ("Stephen King", "Stephen Oake", False),
        ("Justice Stephen King", "King", True),
        ("Jan van der Berg", "van der Berg", True),
        ("José O’Neil", "Jose O'Neil", True),
        ("Ministry of Health", "Ministry of Defence", False),
        ("State Bank of Orvel", "Bank of Orvel", True),
        ("State Bank of Orvel", "State Bank of Halden", False),
        ("the mayor", "Mayor Brenner", True),
        ("the mayor", "Governor Brenner", False),
        ("the mayor", "the mayor of Orvel", True),
        ("the mayor of Orvel", "Mayor Brenner", False),
        ("the mayor of Orvel", "Mayor Brenner of Orvel", True),
        ("the mayor of Orvel", "the mayor of Halden", False),
    ],
)
def test_same_speaker(one, other, same):
    assert same_speaker(one, other) is same
    assert same_speaker(other, one) is same
