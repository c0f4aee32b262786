from contextlib import ExitStack
from tests.services.test_marked_values import *
from tests.services.test_marked_values import VARIABLES
from tests.services import record_deletes
for n in list(globals()):
    if n.startswith("test_"): del globals()[n]
def test_only_deletes(tmp_path):
    folder=tmp_path
    temporary, data = folder / "tmp", folder / "data"
    temporary.mkdir()
    marks = Marks()
    variables = VARIABLES | {"TMPDIR": str(temporary)}
    with ExitStack() as running:
        stack = running.enter_context(Stack(folder, **variables))
        mouth = running.enter_context(Mouth(stack.simulator.address, marks.text("Adobe's words")).running())
        watched = [temporary, data / "broker", data / "broker-control", data / "media"]
        watch = places.Watch(watched, folder / "kept", lambda: [os.getpid(), *pids_of(stack)])
        running.enter_context(watch.running())
        everything = prepared(stack, mouth, marks)
        everything.sign_in()
        try:
            record_deletes.drive(everything)
        except BaseException:
            print("LAST", [(p.status, p.content[-600:]) for p in everything.officer.pages[-1:]])
            print(stack.log("web")[-3000:]); print(stack.log("one")[-3000:])
            raise
        l = Left(everything, folder, None, watch)
        print(search(l.everywhere(), marks))
        pages = [page for site in everything.sites for page in site.pages]
        headers = [(f"headers {page.status}", repr(list(page.headers.items())).encode()) for page in pages]
        failures = [(f"page {page.status}", page.content) for page in pages if page.status in ERROR_PAGES]
        print(search([*headers, *failures], marks))
        assert search(l.everywhere(), marks) == {}
        assert search([*headers, *failures], marks) == {}
