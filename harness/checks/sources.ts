/** Where a claim comes from: a page and its section, an upstream issue, a manual page. */
export type Source = { readonly url: string; readonly section: string };

/** A page of Docker's manuals: `docker('engine/security/rootless/tips', 'exposing privileged ports')`. */
export function docker(page: string, section: string): Source {
  return { url: `https://docs.docker.com/${page}/`, section };
}

/** An issue or pull request: `issue('moby/moby', 41812, 'newuidmap without privilege')`. */
export function issue(repository: string, number: number, section: string): Source {
  return { url: `https://github.com/${repository}/issues/${number}`, section };
}

/** An issue or pull request of the engine: `mobyIssue(41812, 'newuidmap without privilege')`. */
export function mobyIssue(number: number, section: string): Source {
  return issue('moby/moby', number, section);
}

/** The same of RootlessKit: `rootlesskitIssue(220, 'ports that stay after their container')`. */
export function rootlesskitIssue(number: number, section: string): Source {
  return issue('rootless-containers/rootlesskit', number, section);
}

/** A file of a repository at a release: `code('opencontainers/runc', 'v1.1.15', 'libcontainer/rootfs_linux.go', 'device nodes')`. */
export function code(repository: string, ref: string, path: string, section: string): Source {
  return { url: `https://github.com/${repository}/blob/${ref}/${path}`, section };
}

/** A file of the engine at a release: `moby('v26.1.5', 'contrib/dockerd-rootless.sh', 'copy-up')`. */
export function moby(ref: string, path: string, section: string): Source {
  return code('moby/moby', ref, path, section);
}

/** A Linux manual page: `man('user_namespaces', 7, 'user and group ID mappings')`. */
export function man(page: string, volume: number, section: string): Source {
  return { url: `https://man7.org/linux/man-pages/man${volume}/${page}.${volume}.html`, section };
}

/** A page elsewhere, with its full address. */
export function page(url: string, section: string): Source {
  return { url, section };
}
