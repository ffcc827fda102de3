/**
 * System calls that every container may make, by what they are for. The model is what docker's default profile allows;
 * names of other architectures and of later kernels are left out by the runtime where it does not know them. Missing on
 * purpose: io_uring (a long list of holes), keyrings (add_key, keyctl: not of a namespace), kexec, swap, userfaultfd,
 * and all that stands in {@link callsByCapability}.
 */
const families = {
  files: `access close close_range chdir chmod copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs
    fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 ioctl link linkat _llseek lseek lstat
    lstat64 mkdir mkdirat name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64
    pwritev pwritev2 read readahead readlink readlinkat readv rename renameat renameat2 rmdir sendfile sendfile64 splice
    stat stat64 statfs statfs64 statx symlink symlinkat sync syncfs sync_file_range sync_file_range2 tee truncate
    truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev`,
  attributes: `fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
    lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat file_getattr file_setattr`,
  waiting: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
    eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
    io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect poll ppoll ppoll_time64 pselect6
    pselect6_time64 select`,
  memory: `brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap
    mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages`,
  processes: `arch_prctl execve execveat exit exit_group fork futex futex_requeue futex_time64 futex_wait futex_waitv
    futex_wake getcpu getpgid getpgrp getpid getppid getpriority getrlimit get_robust_list getrusage getsid
    get_thread_area gettid ioprio_get ioprio_set modify_ldt pause pidfd_open pidfd_send_signal prctl
    prlimit64 process_mrelease process_vm_readv process_vm_writev ptrace restart_syscall rseq
    sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
    sched_setscheduler sched_yield setpgid setpriority setrlimit set_robust_list setsid set_thread_area set_tid_address
    sysinfo times ugetrlimit uname vfork wait4 waitid waitpid`,
  signals: `alarm kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn tgkill
    tkill`,
  time: `adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
    timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 timer_getoverrun timer_gettime
    timer_gettime64 timer_settime timer_settime64`,
  sockets: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64
    recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  messages: `ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
    mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
  safety: `capget getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self lsm_get_self_attr
    lsm_list_modules lsm_set_self_attr seccomp`,
  ids: `getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid
    getresuid32 getuid getuid32`,
  otherMachines: `arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush riscv_flush_icache riscv_hwprobe
    s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr set_tls swapcontext uretprobe`,
};

export const allowedCalls: readonly string[] = Object.values(families).flatMap(words);

/** System calls that set owners and ids, or make device nodes; {@link madeUpRules} has its own idea of them. */
export const ownerCalls: readonly string[] = words("chown chown32 fchown fchown32 fchownat lchown lchown32");
export const idCalls: readonly string[] = words(
  `capset setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid
   setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`,
);
export const nodeCalls: readonly string[] = ["mknod", "mknodat"];

/** System calls that come with a capability; without it most would fail anyhow, and what cannot be called has no holes. */
export const callsByCapability: Readonly<Record<string, readonly string[]>> = {
  BPF: ["bpf"],
  DAC_READ_SEARCH: ["open_by_handle_at"],
  PERFMON: ["perf_event_open"],
  SYSLOG: ["syslog"],
  SYS_ADMIN: words(
    `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick listmount lookup_dcookie mount mount_setattr move_mount
     open_tree open_tree_attr perf_event_open pivot_root quotactl quotactl_fd setdomainname sethostname setns statmount syslog umount
     umount2 unshare`,
  ),
  SYS_BOOT: ["reboot"],
  SYS_CHROOT: ["chroot"],
  SYS_MODULE: words("delete_module finit_module init_module"),
  SYS_NICE: words("get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
  SYS_PACCT: ["acct"],
  SYS_PTRACE: words("kcmp pidfd_getfd process_madvise"),
  SYS_RAWIO: words("ioperm iopl"),
  SYS_TIME: words("clock_settime clock_settime64 settimeofday stime"),
  SYS_TTY_CONFIG: ["vhangup"],
};

function words(text: string): string[] {
  return text.split(/\s+/);
}
