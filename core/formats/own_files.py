"""Our own files: a whole page, or a session with all its versions, with or without its images.

Paths of this machine never leave it: an image is named by its content, and its file is under
`files` as a data URL where it goes along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.access.file_access import Folders
from core.bounds import MOST_VERSIONS, check_count
from core.conversation import Image
from core.errors import InvalidInput
from core.formats.data_urls import data_url, is_data_url
from core.formats.imported_chat import ImportedChat, Notes, clean
from core.sessions.saved_answers import answers_from_dicts, answers_to_dicts
from core.sessions.session_files import Session, Version, checked_name, checked_time
from core.sessions.session_images import content_name, with_paths
from core.workspace import Workspace
from core.workspace_json import FORMAT as WORKSPACE_FORMAT
from core.workspace_json import workspace_from_dict, workspace_to_dict

SESSION_FORMAT = "lfm-playground-session-file"
VERSION = 1


def write_workspace(
    saved: Workspace, with_images: bool, folders: Folders, notes: Notes
) -> dict[str, Any]:
    """folders: where its images may lie."""
    files: dict[str, str] = {}
    value = _without_paths(saved, with_images, folders, files, notes)
    return {**value, **({"files": files} if files else {})}


def write_session(
    session: Session, with_images: bool, folders: Folders, notes: Notes
) -> dict[str, Any]:
    files: dict[str, str] = {}
    versions = [
        {
            "time": version.time,
            "name": version.name,
            "workspace": _without_paths(version.workspace, with_images, folders, files, notes),
            **({"answers": answers_to_dicts(version.answers)} if version.answers else {}),
        }
        for version in session.versions
    ]
    return {
        "format": SESSION_FORMAT,
        "version": VERSION,
        "name": session.name,
        "versions": versions,
        **({"files": files} if files else {}),
    }


def _without_paths(
    saved: Workspace, with_images: bool, folders: Folders, files: dict[str, str], notes: Notes
) -> dict[str, Any]:
    def named(image: Image) -> str:
        name = content_name(image.path, folders)
        new = with_images and name and name not in files
        if new and (url := data_url(image.path, folders)):
            files[name] = url
        if name not in files:
            notes.add(f"The image {image.name or name or 'without a name'} is left out.")
        return name

    return workspace_to_dict(with_paths(saved, named))


def is_own(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("format") in (WORKSPACE_FORMAT, SESSION_FORMAT)


def read_own(value: Mapping[str, Any], where: str) -> ImportedChat:
    """A page or a session. Raises InvalidInput, naming the file and the field."""
    files = value.get("files", {})
    if not isinstance(files, Mapping) or not all(map(is_data_url, files.values())):
        raise InvalidInput(f"{where}: `files` must map the names of images to data URLs.")
    notes = Notes()
    if value["format"] == WORKSPACE_FORMAT:
        workspace = _workspace(value, files, where, notes)
        chat = ImportedChat(workspace.conversation, workspace=workspace)
        return replace(chat, notes=notes.lines())
    if value.get("version") != VERSION:
        raise InvalidInput(
            f"{where}: `version` is {value.get('version')!r}; this playground reads {VERSION}."
        )
    items = value.get("versions")
    if not isinstance(items, list) or not items:
        raise InvalidInput(f"{where}: `versions` must be a list of one or more.")
    check_count(len(items), MOST_VERSIONS, "versions", where)
    versions = _versions(items, files, where, notes)
    try:
        name = checked_name(value.get("name"))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: `name`: {error}") from error
    newest = versions[-1].workspace
    return ImportedChat(
        newest.conversation, clean(name, notes), {}, newest, tuple(versions), notes.lines()
    )


def _versions(
    items: Sequence[Any], files: Mapping[str, str], where: str, notes: Notes
) -> list[Version]:
    versions: list[Version] = []
    for number, item in enumerate(items, start=1):
        place = f"{where}, version {number}"
        if not isinstance(item, Mapping):
            raise InvalidInput(f"{place} must be an object.")
        workspace = _workspace(item.get("workspace"), files, place, notes)
        try:
            time = checked_time(item.get("time"))
            name = checked_name(item["name"]) if item.get("name") else ""
            answers = answers_from_dicts(item.get("answers"))
        except InvalidInput as error:
            raise InvalidInput(f"{place}: {error}") from error
        versions.append(Version(number, time, clean(name, notes), workspace, answers))
    return versions


def _workspace(value: Any, files: Mapping[str, str], where: str, notes: Notes) -> Workspace:
    """The images' paths are data URLs; one that didn't come along keeps its name alone."""
    try:
        saved = workspace_from_dict(value)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error

    def find(image: Image) -> str:
        if image.path not in files:
            notes.add(f"The image {image.name or 'without a name'} is not in the file.")
        return files.get(image.path, "")

    return with_paths(saved, find)
