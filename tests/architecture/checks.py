"""The rules as functions: each takes a Source and yields (line number, what was found)."""
import rules


def _is_under(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _entry(path, table):
    """The longest folder of `table` that contains `path`, or None."""
    covering = [folder for folder in table if _is_under(path, [folder])]
    return max(covering, key=len, default=None)


def arrows(source):
    entry = _entry(source.path, rules.ARROWS)
    if entry is None:
        yield 1, "this folder has no line in the table of arrows (tests/architecture/rules.py)"
        return
    allowed = [entry, *rules.ARROWS[entry]]
    if source.is_test:
        allowed += rules.ARROWS_OF_TESTS
    # The top folders of ours; anything else in quotes is a library's.
    ours = {folder.split("/")[0] for folder in rules.ARROWS} | {"proto"}
    for line, include in source.own_includes():
        if include.split("/")[0] in ours and not _is_under(include, allowed):
            yield line, f'{entry} includes "{include}"'


def full_paths(source):
    for line, include in source.own_includes():
        if "/" not in include or include.startswith("."):
            yield line, f'"{include}"'


def pragma_once(source):
    if source.is_header and source.code.count("#pragma once") != 1:
        yield 1, "no (or more than one) #pragma once"


def length(source):
    lines = source.text.count("\n")
    if lines > rules.FILE_LINES_MAX:
        yield rules.FILE_LINES_MAX, f"{lines} lines"


def ban(rule):
    def check(source):
        if rule.only is not None and not _is_under(source.path, rule.only):
            return
        if rule.headers_only and not source.is_header:
            return
        if source.is_test and not rule.tests_too:
            return
        if _is_under(source.path, rule.allowed):
            return
        with_comments = rule.name in rules.BANS_ON_COMMENTS
        yield from source.lines_matching(rule.pattern, with_comments)

    return check


# Name -> (check, the sentence that explains the rule).
ALL = {
    "arrows_point_downwards": (
        arrows, "A folder includes only what ARCHITECTURE.md's layout puts below it; nothing points back up."),
    "includes_name_the_path_from_the_root": (
        full_paths, "An include names the whole path from the root, so that a file says where its parts live."),
    "headers_are_included_once": (pragma_once, "Every header begins with #pragma once."),
    "files_hold_one_idea": (
        length, f"A file of more than {rules.FILE_LINES_MAX} lines holds more than one idea: split it by meaning."),
    **{rule.name: (ban(rule), rule.why) for rule in rules.BANS},
}
