"""Presets and sessions: what people keep on the server."""

from __future__ import annotations

from tests.hostile.entrances import (
    import_preset,
    keep_session,
    look_at_sessions,
    open_page,
    open_session,
    own_preset,
    row,
    save_preset,
)
from tests.hostile.hostile_row import Row
from tests.hostile.rows.imports import MARKUP

HEAD = """\
kind: preset
name: {name}
order: 1
description: d
source: s
date: 2026-01-01
sampling: {sampling}
"""
ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def preset(name: str = "mine", sampling: str = "{}", more: str = "") -> str:
    return HEAD.format(name=name, sampling=sampling) + more


ROWS = (
    # Presets from a file
    Row("YAML that is none", import_preset, "kind: [", "mine.yaml"),
    Row("YAML that is a list", import_preset, "- 1", "mine.yaml"),
    Row("an empty preset", import_preset, "", "mine.yaml"),
    Row("YAML that makes an object", import_preset, "!!python/object/apply:os.system ['true']",
        "mine.yaml"),
    Row("an alias bomb", import_preset, ALIASES, "mine.yaml"),
    Row("YAML nested deeply", import_preset, "[" * 20_000, "mine.yaml"),
    Row("NUL in YAML", import_preset, "kind: \0", "mine.yaml"),
    Row("a lone surrogate in YAML", import_preset, "kind: \ud83d",
        "half of a character"),
    Row("a preset with text as a number", import_preset, preset(sampling="{temperature: hot}"),
        "temperature"),
    Row("a preset with NaN", import_preset, preset(sampling="{temperature: .nan}"), "temperature"),
    Row("a preset with infinity", import_preset, preset(sampling="{max_new_tokens: .inf}"),
        "max_new_tokens"),
    Row("a preset with 10,000 digits", import_preset,
        preset(sampling=f"{{temperature: {'9' * 10_000}}}"), "mine.yaml"),
    Row("a preset that divides by zero", import_preset,
        preset(more="images: {downsample_factor: 0}\n"), "downsample_factor"),
    Row("a preset with an unknown field", import_preset, preset(more="evil: 1\n"), "evil"),
    Row("a preset over a megabyte", import_preset, lambda: preset(more="#" + "x" * 1_100_000),
        "1,000,000"),
    Row("a preset named by a path", import_preset, preset(name='"../../../etc/cron.d/x"'),
        "Imported"),
    Row("a preset named by markup", import_preset, preset(name=f'"{MARKUP}"'), "Imported"),
    Row("a preset that is a scenario", import_preset,
        "kind: scenario\nname: x\norder: 1\ndescription: d\npreset: x\nmessages: []\n",
        "mine.yaml"),
    Row("300 files at once", own_preset,
        {"act": "import", "files": [{"name": f"{n}.yaml", "text": "x"} for n in range(300)]},
        "first 100"),
    Row("files that are numbers", own_preset, {"act": "import", "files": [7, None]},
        r"presets"),
    # Presets from the page
    Row("a preset without a name", save_preset, {"name": "  "}, "name is empty"),
    Row("a preset with a name of 10,000 letters", save_preset, {"name": "x" * 10_000}, "200"),
    Row("a preset of a wrong number", save_preset, {"parameter_temperature": 99}, "temperature"),
    Row("a preset named by NUL", save_preset, {"name": "a\0b"}, r"presets|(?i:name)"),
    Row("a preset named by a lone surrogate", save_preset, {"name": "\ud83d"},
        r"(?i)half of a character"),
    Row("a preset named with right-to-left marks", save_preset, {"name": "a\u202eb"}, "presets"),
    Row("an act that there is not", own_preset, {"act": "evil"}, r"(?i)act"),
    Row("an act that is a list", own_preset, {"act": ["save"]}, r"(?i)act"),
    Row("an act that is an object", own_preset, {"act": {"a": 1}}, r"(?i)act"),
    Row("a preset to export that is a path", own_preset,
        {"act": "export", "key": "own/../../../../etc/passwd"}, "no longer exists"),
    Row("a preset to delete that is shipped", own_preset, {"act": "delete", "key": "lfm2-text"},
        "no longer exists"),
    Row("a preset to restore that is a path", own_preset,
        {"act": "restore", "gone": "../../../etc/passwd"}, "no longer among the deleted"),
    # Sessions
    Row("a session without a name", keep_session, {"act": "save_as", "name": "  "}, r"(?i)name"),
    Row("a session with a long name", keep_session, {"act": "save_as", "name": "x" * 10_000},
        r"(?i)(name|120)"),
    Row("a session named by a path", keep_session,
        {"act": "save_as", "name": "../../../etc/cron.d/x"}, "Saved"),
    Row("a session named by NUL", keep_session, {"act": "save_as", "name": "a\0b"},
        r"(?i)(Saved|name)"),
    Row("a session named by a lone surrogate", keep_session, {"act": "save_as", "name": "\udc00"},
        r"(?i)(half of a character|name)"),
    Row("a session named by markup", keep_session, {"act": "save_as", "name": MARKUP}, "Saved"),
    Row("a save with a number of 30 digits", keep_session,
        {"act": "save_as", "name": "digits", "saving": 10**30}, "Saved", never="0{30}"),
    Row("a session of half a character", keep_session,
        {"act": "save_as", "name": "half", "inputs": {"messages": [row("\ud83d")]}},
        r"(?i)(Saved|half of a character)"),
    Row("a session of a wrong number", keep_session,
        {"act": "save_as", "name": "wrong", "inputs": {"parameter_top_p": 7}}, "top_p"),
    Row("a session to rename that is a path", keep_session,
        {"act": "rename", "key": "../../etc", "name": "x"}, r"(?i)session"),
    Row("a session to delete that is the store", keep_session, {"act": "delete", "key": "."},
        r"(?i)session"),
    Row("a session to delete that is not there", keep_session, {"act": "delete", "key": "nope"},
        r"(?i)session"),
    Row("a session to bring back that is a path", keep_session,
        {"act": "undelete", "key": "../../etc"}, r"(?i)session"),
    Row("a session by a key with NUL", keep_session, {"act": "duplicate", "key": "a\0"},
        r"(?i)session"),
    Row("an act on sessions that there is not", keep_session, {"act": "evil"}, r"(?i)act"),
    Row("a version that is not there", open_session,
        {"act": "open", "key": "nope", "number": 10**30}, r"(?i)session"),
    Row("a version of text", open_session, {"act": "restore", "key": "nope", "number": "1"},
        r"(?i)session"),
    Row("a search of a megabyte", look_at_sessions,
        lambda: {"act": "refresh", "query": "x" * 1_000_000}, "sessions"),
    Row("an export in no format", look_at_sessions, {"act": "export", "form": "../x"},
        r"(?i)format"),
    Row("a comparison with nothing", look_at_sessions, {"act": "compare"}, r"(?i)session"),
    Row("a look that tells nothing", look_at_sessions, None, r"(?i)(act|reload)"),
    # What a browser kept of an earlier visit
    Row("a visit with a draft of numbers", open_page,
        {"messages": 7, "preset": [], "temperature": "x", "session": 7}, "messages"),
    Row("a visit with a draft that divides by zero", open_page,
        {"messages": [], "downsample_factor": 0, "budget": 7}, "messages"),
    Row("a visit with a draft that is a list", open_page, [1], "messages"),
    Row("a visit with 5,000 messages", open_page,
        lambda: {"messages": [row("x")] * 5000}, "messages"),
)  # fmt: skip
