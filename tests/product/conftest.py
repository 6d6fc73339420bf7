"""What the tests of the command line share."""

import pytest

from kgan import cli


@pytest.fixture
def run(capsys):
    """Calls the command in this process; gives its exit code, standard output and errors."""

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(a) for a in arguments])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return call
