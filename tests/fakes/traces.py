"""Logs with stack traces as each language writes them; a list of records, each the text of one."""

from __future__ import annotations

from typing import Final

JAVA: Final = [
    "2026-11-24 10:00:00.123  INFO 4121 --- [main] com.example.his.Application : started in 4.2 seconds",
    """2026-11-24 10:00:01.500 ERROR 4121 --- [http-nio-8080-exec-7] c.e.his.billing.ClaimController : claim 88 failed
org.springframework.dao.DataAccessResourceFailureException: could not open a connection; nested exception is
\tjava.sql.SQLTransientConnectionException: pool is empty
\tat com.example.his.billing.ClaimStore.load(ClaimStore.java:88)
\tat com.example.his.billing.ClaimController$$Lambda$512/0x0000000840.apply(Unknown Source)
\tat java.base/java.lang.Thread.run(Thread.java:840)
\tSuppressed: java.io.IOException: stream closed
\t\tat com.example.his.io.Pipe.close(Pipe.java:12)
\t\t... 3 more
Caused by: java.sql.SQLTransientConnectionException: pool is empty
\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:190)
\t... 42 common frames omitted
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
\t... 48 more""",
    """Exception in thread "scheduler-2" java.lang.NullPointerException: Cannot invoke "Patient.name()"
\tat com.example.his.Job.run(Job.java:5)""",
    """2026-11-24 10:00:02 SEVERE [Catalina] org.apache.catalina.core.StandardWrapperValve.invoke servlet threw
java.lang.OutOfMemoryError: Java heap space""",
    "2026-11-24 10:00:03.000  WARN 4121 --- [main] c.e.his.Application : slow",
]
PYTHON: Final = [
    "2026-11-24 10:00:00,001 INFO his.worker started",
    """2026-11-24 10:00:01,002 ERROR his.worker 청구 88 처리 실패
Traceback (most recent call last):
  File "/srv/his/store.py", line 41, in load
    return self.rows[key]
           ~~~~~~~~~^^^^^
KeyError: 88

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/his/worker.py", line 12, in run
    store.load(88)
his.errors.ClaimMissing: no claim 88""",
    """2026-11-24 10:00:02,002 ERROR his.worker database
Traceback (most recent call last):
  File "/srv/his/db.py", line 7, in ask
    cursor.execute(query)
sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection refused
[SQL: SELECT 1]
(Background on this error at: https://errors.example/e3q8)""",
    """2026-11-24 10:00:03,003 ERROR his.worker several
  + Exception Group Traceback (most recent call last):
  |   File "/srv/his/all.py", line 3, in <module>
  | ExceptionGroup: two of them (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +------------------------------------""",
    """2026-11-24 10:00:04,004 ERROR his.worker stopped
Traceback (most recent call last):
  File "/srv/his/worker.py", line 90, in wait
    queue.get()
KeyboardInterrupt""",
    "WARNING: low disk",
    "ERROR: another line of the launcher",
]
DOTNET: Final = [
    "2026-11-24 10:00:00.001 +09:00 [INF] Now listening on http://[::]:5000",
    """2026-11-24 10:00:01.002 +09:00 [ERR] Request 88 failed
System.InvalidOperationException: The claim could not be stored
 ---> System.TimeoutException: The operation has timed out.
   at Example.His.Store.OpenAsync(CancellationToken token) in C:\\src\\Store.cs:line 41
   --- End of inner exception stack trace ---
   at Example.His.Claims.<SaveAsync>d__7.MoveNext()
--- End of stack trace from previous location ---
   at Example.His.Program.Main(String[] args)""",
    """Unhandled exception. System.IO.FileNotFoundException: Could not load file or assembly 'Npgsql'
File name: 'Npgsql, Version=8.0.0.0'
   at Example.His.Program.Main(String[] args)""".replace("\nFile name", "\n   File name"),
    """2026-11-24 10:00:02.002 +09:00 [FTL] The host ended
System.Net.Sockets.SocketException (0x80004005): Address already in use
   at System.Net.Sockets.Socket.Bind(EndPoint end)""",
    "2026-11-24 10:00:03.003 +09:00 [INF] Application is shutting down...",
]
PHP: Final = [
    "[24-Nov-2026 10:00:00 Asia/Seoul] PHP Notice:  Undefined index: claim in /var/www/a.php on line 3",
    """[24-Nov-2026 10:00:01 Asia/Seoul] PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] in /var/www/db.php:12
Stack trace:
#0 /var/www/db.php(12): PDO->__construct('mysql:host=db')
#1 {main}

Next RuntimeException: no database in /var/www/app.php:40
Stack trace:
#0 {main}
  thrown in /var/www/app.php on line 40""",
    """[24-Nov-2026 10:00:02 Asia/Seoul] PHP Warning:  fopen(): failed in /var/www/b.php on line 9
[24-Nov-2026 10:00:02 Asia/Seoul] PHP Stack trace:
[24-Nov-2026 10:00:02 Asia/Seoul] PHP   1. {main}() /var/www/b.php:0
[24-Nov-2026 10:00:02 Asia/Seoul] PHP   2. open_claim() /var/www/b.php:30""",
    """[2026-11-24 10:00:03] production.ERROR: no claim 88 {"exception":"[object] (App\\\\ClaimMissing(code: 0): none)
[stacktrace]
#0 /var/www/vendor/router.php(88): App\\\\Claims->show()
#1 {main}
"} """,
    "[2026-11-24 10:00:04] production.INFO: done",
]
NODE: Final = [
    "2026-11-24T10:00:00.000Z info: listening on 3000",
    """2026-11-24T10:00:01.000Z error: claim 88 Error: connect ECONNREFUSED 127.0.0.1:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1595:16) {
  errno: -111,
  code: 'ECONNREFUSED',
  [cause]: TypeError: not a claim
      at load (/srv/his/claims.js:12:9)
}""",
    """/srv/his/index.js:10
    throw new Error("no claim");
    ^

Error: no claim
    at Object.<anonymous> (/srv/his/index.js:10:11)
    at Module._compile (node:internal/modules/cjs/loader:1376:14)

Node.js v20.11.1""",
    """2026-11-24T10:00:02.000Z error: unhandled rejection
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)""",
    "2026-11-24T10:00:03.000Z info: bye",
]
CPP: Final = [
    "2026-11-24 10:00:00 [info] gateway started",
    """terminate called after throwing an instance of 'std::runtime_error'
  what():  no device /dev/ttyS3
Aborted (core dumped)""",
    """2026-11-24 10:00:01 [critical] assertion failed: queue.size() < limit
 0# his::Gateway::push(his::Message const&) at /src/gateway.cpp:88
 1# main at /src/main.cpp:12
 2# __libc_start_main in /lib/x86_64-linux-gnu/libc.so.6""",
    """*** Error in `/opt/his/gateway': double free or corruption (!prev): 0x0000000001c8f010 ***
======= Backtrace: =========
/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7f1d2c0a77e5]
/opt/his/gateway(_ZN3his7Gateway5closeEv+0x1f)[0x40a1bf]
======= Memory map: ========
00400000-0040c000 r-xp 00000000 08:01 131091 /opt/his/gateway""",
    """==4121==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010
READ of size 4 at 0x602000000010 thread T0
    #0 0x4c1f2e in his::Gateway::poll() /src/gateway.cpp:41
0x602000000010 is located 0 bytes inside of 4-byte region
freed by thread T0 here:
    #0 0x493cdd in operator delete(void*)
SUMMARY: AddressSanitizer: heap-use-after-free /src/gateway.cpp:41
==4121==ABORTING""",
    """2026-11-24 10:00:02 [error] signal 11
#0  0x00007f1d2c0a77e5 in raise () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x000000000040a1bf in his::Gateway::close (this=0x1c8f010) at /src/gateway.cpp:88""",
    "2026-11-24 10:00:03 [info] gateway started",
]
GO: Final = [
    "2026/11/24 10:00:00 listening on :8080",
    """panic: runtime error: invalid memory address or nil pointer dereference [recovered]
\tpanic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]

goroutine 17 [running]:
main.(*Server).claim(0xc0000b2000, {0x7f3a, 0x4})
\t/src/his/server.go:88 +0x1d
net/http.HandlerFunc.ServeHTTP(...)
\t/usr/lib/go/src/net/http/server.go:2136
created by net/http.(*Server).Serve in goroutine 1
\t/usr/lib/go/src/net/http/server.go:3086 +0x5cb

goroutine 1 [IO wait, 3 minutes]:
internal/poll.runtime_pollWait(0x7f3a, 0x72)
\t/usr/lib/go/src/runtime/netpoll.go:343 +0x85
exit status 2""",
    """fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
\t/src/his/main.go:9 +0x28""",
    "2026/11/24 10:00:03 http: panic.recovered (ok)",
]
TRACES: Final[dict[str, list[str]]] = {
    "java": JAVA,
    "python": PYTHON,
    "dotnet": DOTNET,
    "php": PHP,
    "node": NODE,
    "cpp": CPP,
    "go": GO,
}
