"""Two departments' stores; what every account must be is said once, in rules.py."""

import pulumi
import rules
from department import Department

rules.apply_everywhere()
for name in ("clinic", "school"):
    Department(name)
Department("laboratory", pulumi.ResourceOptions(transforms=[rules.older_clients_allowed]))
