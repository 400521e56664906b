"""IAM documents in every way of writing them."""

import json

import pytest

from meshfed.rules.aws.documents import PolicyStatement, matches, statements
from meshfed.rules.node import Node, UndecidedError, WrongTypeError
from meshfed.rules.plain import Plain, Unknown

_TRUST: dict[str, Plain] = {
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::111122223333:root"], "Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def _one(statement: Plain) -> PolicyStatement:
    return next(statements(Node({"Version": "2012-10-17", "Statement": statement})))


def _conditioned(condition: Plain) -> PolicyStatement:
    return _one({**_TRUST, "Condition": condition})


@pytest.mark.parametrize("statement", [_TRUST, [_TRUST]])
def test_one_statement_is_a_list_of_one(statement: Plain) -> None:
    assert [each.allows for each in statements(Node({"Statement": statement}))] == [True]


def test_a_text_reads_like_the_object() -> None:
    read = next(statements(Node(json.dumps({"Statement": [_TRUST]}), "policy")))
    assert [(who.kind, who.node.text()) for who in read.principals] == [
        ("aws", "arn:aws:iam::111122223333:root"),
        ("service", "ec2.amazonaws.com"),
    ]
    assert read.actions[0].path == "policy.Statement[0].Action"


def test_a_star_is_everyone_bare_or_as_an_account() -> None:
    for principal in ("*", {"AWS": "*"}, {"aws": ["*"]}):
        assert [who.is_everyone for who in _one({"Principal": principal}).principals] == [True]


def test_names_of_elements_have_any_case() -> None:
    read = next(statements(Node({"statement": {"effect": "deny", "action": ["s3:*"]}})))
    assert not read.allows
    assert read.covers("s3:GetObject")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceArn": "arn:aws:eks:eu-central-1:1:cluster/a"}},
        {"ArnLike": {"AWS:sourceARN": ["arn:aws:eks:eu-central-1:1:cluster/a"]}},
        {"ForAnyValue:StringEquals": {"aws:SourceArn": "a"}},
        {"StringLike": {"aws:SourceArn": "*"}, "StringEquals": {"aws:SourceArn": "a"}},
    ],
)
def test_a_key_held_to_whole_values_is_pinned(condition: Plain) -> None:
    assert _conditioned(condition).pins("aws:sourcearn")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:SourceArn": "arn:aws:eks:*:1:cluster/a"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:eks:eu-central-1:1:cluster/?"}},
        {"StringEqualsIfExists": {"aws:SourceArn": "a"}},
        {"ForAllValues:StringEquals": {"aws:SourceArn": "a"}},
        {"StringNotEquals": {"aws:SourceArn": "a"}},
        {"StringEquals": {"aws:SourceArn": []}},
        {"StringEquals": {"aws:SourceAccount": "1"}},
    ],
)
def test_a_key_that_also_lets_others_through_is_not_pinned(condition: Plain) -> None:
    assert not _conditioned(condition).pins("aws:sourcearn")


def test_a_prefix_of_a_key_finds_all_keys_that_begin_so() -> None:
    assert _conditioned({"StringEquals": {"aws:ResourceTag/team": "mesh"}}).pins("aws:resourcetag/")


def test_an_unknown_value_is_not_decided_unless_another_pins() -> None:
    unknown: Plain = {"aws:SourceArn": Unknown()}
    with pytest.raises(UndecidedError):
        _conditioned({"ArnEquals": unknown}).pins("aws:sourcearn")
    assert _conditioned({"ArnEquals": unknown, "StringEquals": {"aws:SourceArn": "a"}}).pins("aws:sourcearn")


def test_what_is_not_excepted_is_covered() -> None:
    statement = _one({"Effect": "Allow", "NotAction": ["iam:*"]})
    assert statement.covers("sts:AssumeRole")
    assert not statement.covers("iam:PassRole")


def test_a_pattern_means_what_iam_means() -> None:
    assert matches("*", "s3:GetObject")
    assert matches("S3:**ject", "s3:GetObject")
    assert not matches("s3:[Gg]etObject", "s3:GetObject")


def test_an_element_that_stands_twice_is_told() -> None:
    with pytest.raises(WrongTypeError):
        _ = _one({"Effect": "Deny", "effect": "Allow"}).allows


def test_a_text_that_is_no_document_is_told() -> None:
    with pytest.raises(WrongTypeError):
        list(statements(Node("{", "policy")))


def test_a_pattern_that_would_be_tried_in_many_ways_is_told_at_once() -> None:
    action = "iam:CreateServiceSpecificCredential"
    assert not matches("iam:" + "*?" * 30 + "~", action)
    assert not matches("*" + "?*e" * 30 + "*~", action * 30)
    assert matches("iam:*?*?*e*Cred??tial*", action)
