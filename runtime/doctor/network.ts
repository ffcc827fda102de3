import { CntnrError } from "../errors/cntnr-error.ts";
import type { GrantedNetwork } from "../network/networks.ts";
import { asRoot, type Finding, good, warning } from "./check.ts";

/** Whether there are networks for this user. Pure. */
export function judgeNetworks(answer: readonly GrantedNetwork[] | CntnrError, user: string): Finding {
  if (answer instanceof CntnrError)
    return warning(
      `--network has host and none only: ${answer.message}`,
      answer.code === "unavailable"
        ? asRoot("systemctl enable --now cntnr-netd.socket cntnr-netd")
        : undefined,
    );
  if (answer.length === 0)
    return warning(
      "cntnr-netd runs, and grants you no network",
      asRoot(`cntnr-netd policy show --user ${user} # then write a rule in /etc/cntnr/netd.d`),
    );
  const list = answer.map(
    ({ name, used, limit, grantedBy }) => `${name}: ${used}/${limit} in use, ${grantedBy}`,
  );
  return good(["cntnr-netd grants you", ...list].join("\n"));
}
