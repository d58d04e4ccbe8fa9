"""Write the sample accounts again, the same bytes every time: `generate.py [DIRECTORY]`.

Replaces `iam/` and `logs/` below the directory (default: the one of this file) and leaves the rest alone.
"""

import json
import shutil
import sys
from pathlib import Path

from generator.delivery import deliver
from generator.episodes import federation, recycled_names, root_and_sign_ins, services
from generator.iam_backup import backup_account
from generator.iam_demo import demo_account
from generator.stories import alice, alice_in_roles, charlie
from generator.traffic import everyday


def generate(directory: Path) -> None:
    """Write the IAM files and the logs of both accounts below the directory."""
    scenes = [
        alice(),
        alice_in_roles(),
        charlie(),
        federation(),
        root_and_sign_ins(),
        recycled_names(),
        services(),
    ]
    deliveries = [delivery for scene in scenes + everyday() for delivery in scene.deliveries]
    for folder in ("iam", "logs"):
        if (directory / folder).exists():
            shutil.rmtree(directory / folder)
    for path, content in deliver(deliveries).items():
        target = directory / "logs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (directory / "iam").mkdir(parents=True)
    for name, account in (("demo", demo_account(deliveries)), ("backup", backup_account(deliveries))):
        text = json.dumps(account, indent=2) + "\n"
        (directory / "iam" / f"{name}_iam.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
