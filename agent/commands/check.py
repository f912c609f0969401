"""`sitewarden-agent check`: filled in below."""
from terminal import Exit, Terminal
from wire.sentence import sentence
class C:
    name="check"; summary=sentence("x"); examples=()
    def add_arguments(self,p,t): pass
    def run(self,a,t): return 0
COMMAND=C()
