"""Names in Chinese and English."""

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
