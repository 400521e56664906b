"""What an API server itself refuses, beyond types: the rules of `kubernetes` by resource type."""

from collections.abc import Mapping
from typing import Final

from meshfed_local.standins.kubernetes import amounts, cluster, kinds, objects, pods
from meshfed_local.standins.resource import Rule

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "*": (
        objects.objects_are_well_named,
        objects.selectors_are_well_formed,
        objects.no_value_is_left_open,
        amounts.amounts_are_usable,
        amounts.quantities_are_usable,
        pods.pods_are_whole,
        pods.selectors_match_templates,
        cluster.charts_can_be_installed,
        cluster.custom_objects_fit_their_definition,
    ),
    kinds.DEFINITION: (cluster.definitions_are_whole,),
    "kubernetes:core/v1:Service": (objects.services_have_usable_ports, amounts.services_open_a_port_once),
    "kubernetes:batch/v1:Job": (amounts.jobs_end,),
    "kubernetes:batch/v1:CronJob": (amounts.jobs_end,),
    "kubernetes:core/v1:ConfigMap": (objects.stored_data_is_storable,),
    "kubernetes:core/v1:Secret": (objects.stored_data_is_storable,),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": (objects.bindings_name_whom_and_what,),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": (objects.bindings_name_whom_and_what,),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": (objects.blocks_are_networks, amounts.policies_name_ports),
    "kubernetes:policy/v1:PodDisruptionBudget": (objects.budgets_say_one_thing,),
    "kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfiguration": (objects.webhooks_are_fully_named,),
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration": (objects.webhooks_are_fully_named,),
}
