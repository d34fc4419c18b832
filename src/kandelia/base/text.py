"""Names and sentences in Chinese and English."""

from dataclasses import dataclass

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class LocalText:
    """A name in both languages; either may be empty, not both."""

    zh: str = ""
    en: str = ""

    def say(self, language: str) -> str:
        """In the reader's language, else in the other."""
        own, other = (self.zh, self.en) if language.startswith("zh") else (self.en, self.zh)
        return own or other

    def falls_back(self, language: str) -> bool:
        """True where the reader's own language is missing, so that a screen can mark it."""
        return not (self.zh if language.startswith("zh") else self.en)


class Said(str):
    """A sentence of a refusal: English for programs and logs, which also knows its Chinese for people."""

    zh: str

    def __new__(cls, zh: str, en: str) -> "Said":
        """As LocalText: Chinese first."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # so that it can be copied and pickled
        return (self.zh, str(self))

    def say(self, language: str) -> str:
        """In the reader's language."""
        return self.zh if language.startswith("zh") else str(self)
