"""Access key ids as keyed hashes: equal ids have equal hashes, and no table holds an id."""

from hashlib import blake2b

# Hexadecimal digits of 128 bits: no two of all keys ever issued are likely to share a hash.
_BYTES = 16
# What a temporary key's id begins with (IAM User Guide, "Unique identifiers").
TEMPORARY = "ASIA"


class KeyHash:
    """Hashes access key ids with a secret of any length. Whoever has the secret can look an id up."""

    def __init__(self, secret: bytes) -> None:
        """Keep the secret."""
        # blake2b takes keys of up to 64 bytes.
        self._keyed = blake2b(key=blake2b(secret).digest(), digest_size=_BYTES)

    def of(self, access_key_id: str | None) -> str:
        """Return 32 hexadecimal digits, or "" for no id."""
        if not access_key_id:
            return ""
        hashed = self._keyed.copy()
        hashed.update(access_key_id.encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()
