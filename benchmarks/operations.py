"""The API calls that generated logs hold: how often, and what their parameters look like."""

from pathlib import Path
from random import Random
from typing import NamedTuple

TAIL = 220
_SUPPORTED = Path(__file__).parent.parent / "data_files" / "cloudtrail_supported_events.txt"
# Not sts: what issues sessions is generated apart.
_SERVICES = frozenset(
    [
        "ec2",
        "iam",
        "s3",
        "kms",
        "ssm",
        "secretsmanager",
        "rds",
        "lambda",
        "logs",
        "sqs",
        "sns",
        "dynamodb",
        "ecs",
        "ecr",
        "eks",
        "autoscaling",
        "elasticache",
        "cloudformation",
        "elasticloadbalancing",
        "route53",
        "organizations",
        "config",
        "guardduty",
        "glue",
        "athena",
        "states",
        "events",
        "kinesis",
    ]
)


class Operation(NamedTuple):
    """A call; `request`, `response` and `extra` are JSON in which `%s` stands for a random hexadecimal id."""

    source: str
    name: str
    reads: bool
    request: str
    response: str = "null"
    extra: str = ""


_ITEMS = '{"%sSet":{"items":[{"%sId":"%s-0%%s"},{"%sId":"%s-0%%s"}]},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-0c8a70cf4fd24084f"}]}}]},"maxResults":100}'
_BUCKET = '{"bucketName":"prod-artifacts-%%s","Host":"prod-artifacts.s3.amazonaws.com","%s":""}'
_S3 = (
    ',"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","bytesTransferredIn":0,'
    '"AuthenticationMethod":"AuthHeader","x-amz-id-2":"Q2xvdWRUcmFpbCBlbmNyeXB0ZWQgaWQgb2YgYSByZXF1ZXN0%s","bytesTransferredOut":486}'
)
_KEY = '"arn:aws:kms:us-east-1:111111111111:key/1c8f5c3a-6b1d-4f0e-9f7e-2a7e1b3c4d5e"'
_KMS = f',"resources":[{{"accountId":"111111111111","type":"AWS::KMS::Key","ARN":{_KEY}}}]'
_CONTEXT = f'{{"encryptionContext":{{"aws:lambda:FunctionArn":"arn:aws:lambda:us-east-1:111111111111:function:handler-%s","PARAMETER_ARN":"arn:aws:ssm:us-east-1:111111111111:parameter/prod/service/token"}},"keyId":{_KEY},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}}'


def _described(name: str, letters: str) -> Operation:
    item = name.removeprefix("Describe").removesuffix("s")
    item = item[0].lower() + item[1:]
    return Operation("ec2.amazonaws.com", name, True, _ITEMS % (item, item, letters, item, letters))


# The most frequent first, as in the logs of a busy account.
HEAD = (
    Operation("kms.amazonaws.com", "Decrypt", True, _CONTEXT, "null", _KMS),
    Operation("s3.amazonaws.com", "GetBucketAcl", True, _BUCKET % "acl", "null", _S3),
    _described("DescribeInstances", "i"),
    _described("DescribeRouteTables", "rtb"),
    Operation("logs.amazonaws.com", "CreateLogStream", False, '{"logGroupName":"/aws/lambda/handler","logStreamName":"2026/06/30/[$LATEST]%s"}'),
    Operation("ssm.amazonaws.com", "GetParameter", True, '{"name":"/prod/service/%s","withDecryption":true}'),
    Operation("secretsmanager.amazonaws.com", "GetSecretValue", True, '{"secretId":"arn:aws:secretsmanager:us-east-1:111111111111:secret:prod/database-%s","versionStage":"AWSCURRENT"}'),
    Operation("iam.amazonaws.com", "GetRole", True, '{"roleName":"service-role-%s"}'),
    _described("DescribeSecurityGroups", "sg"),
    _described("DescribeSubnets", "subnet"),
    Operation("kms.amazonaws.com", "GenerateDataKey", True, _CONTEXT.replace('"encryptionAlgorithm":"SYMMETRIC_DEFAULT"', '"keySpec":"AES_256"'), "null", _KMS),
    Operation("ssm.amazonaws.com", "DescribeParameters", True, '{"parameterFilters":[{"key":"Name","option":"Equals","values":["/prod/service/%s"]}],"maxResults":50}'),
    _described("DescribeVpcs", "vpc"),
    Operation("iam.amazonaws.com", "ListAttachedRolePolicies", True, '{"roleName":"service-role-%s"}'),
    Operation("rds.amazonaws.com", "DescribeDBInstances", True, '{"dBInstanceIdentifier":"database-%s"}'),
    Operation("lambda.amazonaws.com", "GetFunction20150331v2", True, '{"functionName":"arn:aws:lambda:us-east-1:111111111111:function:handler-%s"}'),
    Operation("dynamodb.amazonaws.com", "DescribeTable", True, '{"tableName":"orders-%s"}'),
    Operation("s3.amazonaws.com", "ListBuckets", True, '{"Host":"s3.amazonaws.com","max-buckets":"%s"}', "null", _S3),
    _described("DescribeNetworkInterfaces", "eni"),
    Operation("sqs.amazonaws.com", "GetQueueAttributes", True, '{"queueUrl":"https://sqs.us-east-1.amazonaws.com/111111111111/jobs-%s","attributeNames":["All"]}'),
    Operation("ec2.amazonaws.com", "CreateTags", False, '{"resourcesSet":{"items":[{"resourceId":"i-0%s"}]},"tagSet":{"items":[{"key":"team","value":"platform"},{"key":"cost-center","value":"4711"}]}}', '{"requestId":"%s","_return":true}'),
    Operation("ecs.amazonaws.com", "RunTask", False, '{"cluster":"prod","taskDefinition":"worker:42","count":1,"startedBy":"%s","launchType":"FARGATE"}', '{"tasks":[{"taskArn":"arn:aws:ecs:us-east-1:111111111111:task/prod/%s","lastStatus":"PROVISIONING","desiredStatus":"RUNNING","cpu":"256","memory":"512"}],"failures":[]}'),
    Operation("s3.amazonaws.com", "PutBucketTagging", False, _BUCKET % "tagging", "null", _S3),
    Operation("cloudtrail.amazonaws.com", "LookupEvents", True, '{"maxResults":50,"nextToken":"%s"}'),
    Operation("sts.amazonaws.com", "GetCallerIdentity", True, "null"),
    Operation("monitoring.amazonaws.com", "DescribeAlarms", True, '{"alarmNames":["high-latency-%s"]}'),
    Operation("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", False, '{"functionName":"handler-%s","s3Bucket":"prod-artifacts","publish":true}', '{"functionName":"handler","codeSha256":"%s","runtime":"python3.12","timeout":30,"memorySize":512}'),
    Operation("iam.amazonaws.com", "CreateRole", False, '{"roleName":"service-role-%s","assumeRolePolicyDocument":"{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}"}'),
)  # fmt: skip


def operations(seed: int) -> list[Operation]:
    """Return the calls of an organisation, the most frequent first: those above and a tail of real operations."""
    known = {(one.source, one.name) for one in HEAD}
    tail = []
    for line in _SUPPORTED.read_text(encoding="utf-8").split():
        prefix, _, name = line.partition(":")
        if prefix in _SERVICES and (f"{prefix}.amazonaws.com", name) not in known:
            tail.append((f"{prefix}.amazonaws.com", name))
    return [*HEAD, *(_plain(*one) for one in Random(f"{seed} operations").sample(tail, TAIL))]


def _plain(source: str, name: str) -> Operation:
    reads = name.startswith(("Get", "List", "Describe", "Batch", "Search"))
    request = '{"resourceArn":"arn:aws:%s:us-east-1:111111111111:resource/%%s","maxResults":100,"clientToken":"none"}'
    return Operation(source, name, reads, request % source.partition(".")[0])
