"""Expanding the grants of a real example account and of one as large as an organisation."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import CHECKOUT, COMPETITORS, ORIGINAL, in_turns, middle, peak, run, table
from benchmarks.sizes import Sizes

_CONTENDER = Path(__file__).parent / "contenders" / "expand_iam.py"
# cloudsplaining's example of get-account-authorization-details, where it lies beside the checkout.
_SHARED = CHECKOUT.parent / "shared" / "data"
EXAMPLES = {
    "`iam-large.json` (cloudsplaining's example)": _SHARED / "iam-large.json",
    "The real account's principals with AWS's managed policies": _SHARED / "real-account" / "iam.json",
}
OURS, FRAMES = "CloudTracker, tables and Parquet", "CloudTracker, the frames alone"
UNSHARED = "policy-sentry, for each principal"


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    yield "## Expanding grants"
    yield ""
    yield (
        "From IAM data to what each principal may do. CloudTracker also says through which statement, whether it is"
        " restricted, and evaluates boundaries; the others only know names. policy-sentry and policyuniverse expand"
        " patterns; whose policies they are, Deny and the union over a principal's policies is done for them, each policy"
        " expanded once. That sharing is not theirs: *for each principal* is policy-sentry as it comes, which knows"
        " documents and no accounts, expanding a policy anew for each principal that carries it. The original"
        f" (cloudtracker 2.1.5 from PyPI) is asked for {sizes.sampled_principals} principals, evenly taken, and its time is"
        " that of all in proportion; it has a list of 4,017 API calls, not the 22,321 IAM actions of today."
    )
    yield ""
    yield (
        "No time includes the start of the interpreter, imports, or loading the list of actions, and each has expanded"
        " something before its clock starts (the original, which has nothing to load, has not). Reading the JSON counts in"
        " *tables and Parquet* only; the others have it read, and write nothing."
    )
    yield ""
    for title, file in EXAMPLES.items():
        if file.exists() and file.read_bytes()[:1] == b"{":
            yield from _of(sizes, file, title)
    roles, users, policies = sizes.iam
    yield from _of(
        sizes,
        iam_of(sizes),
        f"An organisation's account: {roles:,} roles, {users:,} users, {policies:,} policies",
    )


def iam_of(sizes: Sizes) -> Path:
    """Return generated IAM data, made once."""
    file = sizes.data / "iam.json"
    if not file.exists():
        words = [
            f"--{name}={count}" for name, count in zip(("roles", "users", "policies"), sizes.iam, strict=True)
        ]
        run(["-m", "benchmarks.generate", "iam", file, *words])
    return file


def _of(sizes: Sizes, file: Path, title: str) -> Iterator[str]:
    contenders = {
        OURS: partial(run, ["-m", "benchmarks.expand_iam", file]),
        FRAMES: partial(run, ["-m", "benchmarks.expand_iam", file, "--frames"]),
        "policy-sentry": partial(run, [_CONTENDER, "policy-sentry", file], python=COMPETITORS),
        UNSHARED: partial(run, [_CONTENDER, "policy-sentry-unshared", file], python=COMPETITORS),
        "policyuniverse": partial(run, [_CONTENDER, "policyuniverse", file], python=COMPETITORS),
    }
    done = in_turns(contenders, sizes.rounds)
    sample = ["original", file, str(sizes.sampled_principals)]
    done["the original"] = [run([_CONTENDER, *sample], python=ORIGINAL)]
    rows = [
        [
            name,
            f"{runs[0].said['grants']:,}",
            f"{middle(runs):,.2f}",
            f"{middle(runs) / middle(done[OURS]):,.1f}",
            f"{peak(runs):,.0f}",
        ]
        for name, runs in done.items()
    ]
    yield f"### {title}"
    yield ""
    yield from table(["", "grants", "seconds", "times CloudTracker's", "peak MB"], rows)
