"""Who may have what done on a customer's server, and the proof of what was done.

The property that everything else stands on: **whoever steals the collector can execute nothing and
re-point nobody**. A host acts only on a document that an engineer of the vendor's signed roster
made, about an action that the vendor's offline keys signed, approved by a key that the customer's
own local policy names. All three are checked here, on the host, by the executor.

- `trust/`     deciding: vendor metadata, roster, local policy, approvals
- `repair/`    typed actions
- `executor/`  the privileged process: local socket, table of requests, the only runner of programs
- `audit/`     the chain of records that the customer keeps
"""
