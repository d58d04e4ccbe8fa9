"""Every API call botocore knows: the IAM actions it needs, whether CloudTrail records it; the catalogue."""
