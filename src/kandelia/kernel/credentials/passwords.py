"""Django's validators of our own: a password that a person had lately is not taken again."""

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kandelia.kernel.access.models import Person
from kandelia.kernel.credentials.models import PastPassword


class NotUsedBefore:
    """Refuses the last `kept` passwords; 0 keeps none."""

    def __init__(self, kept: int = 5) -> None:
        self.kept = kept

    def validate(self, password: str, user: Person | None = None) -> None:
        """ValidationError for a password of the person's last ones. Each costs an Argon2 run."""
        if user is None or user.pk is None or not self.kept:
            return
        hashes = list(self._rows(user).values_list("hash", flat=True)[: self.kept])
        if any(check_password(password, hash) for hash in [user.password, *hashes][: self.kept]):
            raise ValidationError(_("You have used this password before; choose another one."), code="used")

    def password_changed(self, password: str, user: Person | None = None) -> None:
        """Keep the hash of what is now in use, and forget those that are too old. Django calls this as a person whose
        password was set is saved."""
        if user is None or user.pk is None:
            return
        if self.kept:
            PastPassword.objects.create(person=user, hash=user.password)
        past = list(self._rows(user).values_list("id", flat=True)[self.kept :])
        PastPassword.objects.filter(id__in=past).delete()

    def get_help_text(self) -> str:
        """For forms."""
        text = ngettext("None of your last %(n)s passwords.", "None of your last %(n)s passwords.", self.kept)
        return text % {"n": self.kept}

    def _rows(self, user: Person) -> QuerySet[PastPassword]:
        return PastPassword.objects.filter(person_id=user.pk).order_by("-id")
