import logrotate from "./cntnr-netd.logrotate" with { type: "text" };
import service from "./cntnr-netd.service" with { type: "text" };
import socket from "./cntnr-netd.socket" with { type: "text" };
import sysusers from "./cntnr-netd.sysusers" with { type: "text" };
import tmpfiles from "./cntnr-netd.tmpfiles" with { type: "text" };
import adminSocket from "./cntnr-netd-admin.socket" with { type: "text" };

/** A file that makes a machine run netd, and where it goes. */
export interface UnitFile {
  readonly path: string;
  readonly text: string;
}

/** In the service's file as it is here. */
const programPath = "/usr/sbin/cntnr-netd";

/**
 * All files, for an administrator to install.
 * @param program absolute path of this program
 * @param units where units go: systemd.unit(5) has the choices
 */
export function unitFiles(program: string, units: string): UnitFile[] {
  if (!/^\/[A-Za-z0-9/._+-]+$/.test(program))
    throw new Error(`${program}: systemd would read more than a path into this name`);
  return [
    { path: `${units}/cntnr-netd.service`, text: service.replaceAll(programPath, program) },
    { path: `${units}/cntnr-netd.socket`, text: socket },
    { path: `${units}/cntnr-netd-admin.socket`, text: adminSocket },
    { path: "/etc/sysusers.d/cntnr-netd.conf", text: sysusers },
    { path: "/etc/tmpfiles.d/cntnr-netd.conf", text: tmpfiles },
    { path: "/etc/logrotate.d/cntnr-netd", text: logrotate },
  ];
}
