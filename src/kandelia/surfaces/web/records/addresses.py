"""Addresses of other rooms about records (export, import, statistics, print): shown where they are answered."""

from django.urls import Resolver404, resolve, reverse

EXPORTS = ("csv", "xlsx")


def answered(path: str) -> str:
    """The path where some room answers it, else empty."""
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path


def list_url(type: str) -> str:
    """The list of a type."""
    return reverse("records", args=[type])


def exports(type: str, query: str) -> dict[str, str]:
    """The addresses that give this list as a file, by format."""
    found = {one: answered(f"{list_url(type)}/export.{one}") for one in EXPORTS}
    return {one: f"{path}?{query}" if query else path for one, path in found.items() if path}


def beside(type: str, word: str) -> str:
    """Import or statistics of a type."""
    return answered(f"{list_url(type)}/{word}")


def print_url(type: str, id: int) -> str:
    """A record on paper."""
    return answered(f"{list_url(type)}/{id}/print")
