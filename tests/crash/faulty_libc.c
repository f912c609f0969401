/* Disk faults below one folder, for LD_PRELOAD. Environment:
   FAULT_UNDER    paths that contain this text are meant
   FAIL_FSYNC_AT  the n-th fsync or fdatasync of such a file answers EIO (1 is the first; it stays broken for one call)
   DROP_FLUSHES   fsync and fdatasync of such a file answer that all is well, and flush nothing
   SHORT_WRITES   every second write of such a file writes half of what was asked for
   FAULT_FIRED    a file that is made when a fault was injected, so that a test knows
   FAULT_TRACE    a file to which every write, cut and flush of such a file is added, in this order (replay.py reads it)
   The file named by FAULT_HANG, while it exists: reading such a file sleeps, as with a dead file server. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int meant(int fd) {
  char link[64], path[4096];
  const char *under = getenv("FAULT_UNDER");
  if (!under) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return strstr(path, under) != NULL;
}

struct step { int64_t kind, offset, size; char name[40]; };

static void traced(char kind, int fd, const void *bytes, int64_t size, int64_t offset) {
  char link[64], path[4096];
  const char *trace = getenv("FAULT_TRACE");
  if (!trace || size < 0 || !meant(fd)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  struct step step = {kind, offset, size, ""};
  strncpy(step.name, strrchr(path, '/') + 1, sizeof step.name - 1);
  FILE *file = fopen(trace, "ab");
  if (!file) return;
  fwrite(&step, sizeof step, 1, file);
  if (kind == 'W') fwrite(bytes, 1, size, file);
  fclose(file);
}

static int fired(int is_so) {
  const char *name = getenv("FAULT_FIRED");
  FILE *file = is_so && name ? fopen(name, "w") : NULL;
  if (file) fclose(file);
  return is_so;
}

static int broken(int fd) {
  static int calls;
  const char *at = getenv("FAIL_FSYNC_AT");
  return fired(at && meant(fd) && ++calls == atoi(at));
}

static int dropped(int fd) { return fired(getenv("DROP_FLUSHES") && meant(fd)); }

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  if (broken(fd)) { errno = EIO; return -1; }
  if (dropped(fd)) return 0;
  traced('F', fd, NULL, 0, 0);
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  if (broken(fd)) { errno = EIO; return -1; }
  if (dropped(fd)) return 0;
  traced('F', fd, NULL, 0, 0);
  return real(fd);
}

static size_t shorter(int fd, size_t size) {
  static int calls;
  return fired(getenv("SHORT_WRITES") && size > 1 && meant(fd) && ++calls % 2) ? size / 2 : size;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  ssize_t done = real(fd, bytes, shorter(fd, size), offset);
  traced('W', fd, bytes, done, offset);
  return done;
}

int ftruncate64(int fd, off64_t size) {
  static int (*real)(int, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "ftruncate64");
  traced('T', fd, NULL, size, 0);
  return real(fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return pwrite64(fd, bytes, size, offset);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  ssize_t done = real(fd, bytes, shorter(fd, size));
  if (getenv("FAULT_TRACE") && done > 0 && meant(fd)) traced('W', fd, bytes, done, lseek(fd, 0, SEEK_CUR) - done);
  return done;
}

static void hang(int fd) {
  const char *flag = getenv("FAULT_HANG");
  if (!flag || !meant(fd)) return;
  while (access(flag, F_OK) == 0) usleep(10000);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset) {
  static ssize_t (*real)(int, void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pread64");
  hang(fd);
  return real(fd, bytes, size, offset);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset) {
  return pread64(fd, bytes, size, offset);
}
