"""Cases as other scanners get them: HCL, ARM, and what counts as caught. The scanners themselves are run by `bench`."""

import json
from dataclasses import dataclass

from bench.scanners import arm, hcl
from bench.scanners.compare import caught, twins
from bench.scanners.fixtures import Given, Language
from meshfed.settings.gate import GateParameters
from meshfed_local.verify.schema import Attribute, Block, NestedBlock, Nesting
from tests.rules.cases import Case

TEXT = Attribute("string", optional=True)
RULE = Block({"port": Attribute("number", optional=True), "cidrs": Attribute(["list", "string"], optional=True)}, {})
BUCKET = Block({"bucket": TEXT, "policy": TEXT}, {"rule": NestedBlock(RULE, Nesting.LIST)})


def test_blocks_are_blocks_and_attributes_are_attributes() -> None:
    config = {"bucket": "shop", "policy": None, "rule": [{"port": 443, "cidrs": ["10.0.0.0/8"]}, {"port": 0}]}
    assert hcl.resources([hcl.Written("aws_s3_bucket", "one", config, BUCKET)]) == (
        'resource "aws_s3_bucket" "one" {\n'
        '  bucket = "shop"\n'
        '  rule {\n    port = 443\n    cidrs = ["10.0.0.0/8"]\n  }\n'
        "  rule {\n    port = 0\n  }\n"
        "}\n"
    )


def test_a_policy_stands_as_a_document_and_its_variables_are_no_templates() -> None:
    text = hcl.literal(json.dumps({"Resource": "${aws:PrincipalTag/team}"}), {})
    assert text == '<<EOF\n{\n  "Resource": "$${aws:PrincipalTag/team}"\n}\nEOF'


def test_a_satellite_refers_to_its_bucket() -> None:
    bucket = hcl.Written("aws_s3_bucket", "one_0", {"bucket": "shop"}, BUCKET)
    policy = hcl.Written("aws_s3_bucket_policy", "one_1", {"bucket": "shop", "policy": "x"}, BUCKET)
    written = hcl.resources([bucket, policy])
    assert '"one_0" {\n  bucket = "shop"' in written
    assert '"one_1" {\n  bucket = aws_s3_bucket.one_0.id' in written


def test_arm_keeps_properties_apart_and_names_children_after_their_parents() -> None:
    inputs = {
        "location": "eastus",
        "resourceGroupName": "mesh",
        "securityRules": [{"name": "in", "access": "Allow", "sourceAddressPrefix": "*"}],
    }
    document = json.loads(arm.template([("Microsoft.Network/networkSecurityGroups", "nsg", inputs)]))
    assert document["resources"][0]["location"] == "eastus"
    rule = {"name": "in", "properties": {"access": "Allow", "sourceAddressPrefix": "*"}}
    assert document["resources"][0]["properties"] == {"securityRules": [rule]}
    child = json.loads(arm.template([("Microsoft.Network/networkSecurityGroups/securityRules", "in", {})]))
    assert child["resources"][0]["name"] == "parent/in"


def test_a_vault_says_its_properties_itself() -> None:
    given = {"location": "eastus", "properties": {"enablePurgeProtection": False}}
    document = json.loads(arm.template([("Microsoft.KeyVault/vaults", "keys", given)]))
    assert document["resources"][0]["properties"] == {"enablePurgeProtection": False}


def test_names_that_the_sdk_changed_are_arms_again() -> None:
    inputs = {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": "0.0.0.0/1"}]}, "enableHttpsTrafficOnly": False}
    document = json.loads(arm.template([("Microsoft.Storage/storageAccounts", "store", inputs)]))
    acls = {"ipRules": [{"value": "0.0.0.0/1"}]}
    assert document["resources"][0]["properties"] == {"networkAcls": acls, "supportsHttpsTrafficOnly": False}


@dataclass
class Numbers:
    """Cases with numbers in order."""

    last: int = 0

    def given(self, rule: str, group: str, kind: str, left: tuple[str, ...] = ()) -> Given:
        """A case with one object."""
        self.last += 1
        case = Case(rule, group, "case", (), GateParameters(), None)
        return Given(case, self.last, {Language.KUBERNETES: "x"}, {kind}, list(left))


def test_only_what_no_near_miss_of_the_rule_is_told_is_caught() -> None:
    numbers = Numbers()
    bad, good = numbers.given("MF-K1", "bad", "core/Pod"), numbers.given("MF-K1", "good", "core/Pod")
    other = numbers.given("MF-K2", "good", "core/Pod")
    said = {bad.folder: {"general", "hostNetwork"}, good.folder: {"general"}, other.folder: {"hostNetwork"}}
    assert caught(bad, [good, other], said) == ["hostNetwork"]


def test_near_misses_of_other_rules_stand_in_and_without_any_nothing_is_caught() -> None:
    numbers = Numbers()
    bad, elsewhere = numbers.given("MF-K1", "bad", "core/Pod"), numbers.given("MF-K1", "good", "core/Service")
    other = numbers.given("MF-K2", "good", "core/Pod")
    said = {bad.folder: {"general", "hostNetwork"}, other.folder: {"general"}}
    assert twins(bad, [elsewhere, other]) == [other]
    assert caught(bad, [elsewhere, other], said) == ["hostNetwork"]
    assert caught(bad, [elsewhere], said) == []


def test_the_near_miss_that_is_most_like_the_case_counts() -> None:
    numbers = Numbers()
    bad, far, near = (numbers.given("MF-K1", group, "core/Pod") for group in ("bad", "good", "good"))
    bad.texts[Language.KUBERNETES] = "a: 1\nb: 2\nc: true"
    far.texts[Language.KUBERNETES] = "d: 4"
    near.texts[Language.KUBERNETES] = "a: 1\nb: 2\nc: false"
    said = {bad.folder: {"c"}, far.folder: {"c"}, near.folder: set[str]()}
    assert caught(bad, [far, near], said) == ["c"]


def test_a_case_that_could_not_be_given_whole_is_not_caught() -> None:
    numbers = Numbers()
    bad = numbers.given("MF-G7", "bad", "core/Pod", left=("Pulumi's options of a resource",))
    good = numbers.given("MF-G7", "good", "core/Pod")
    assert caught(bad, [good], {bad.folder: {"something"}}) == []
