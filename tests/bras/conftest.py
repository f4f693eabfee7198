# SPDX-License-Identifier: GPL-2.0
import pytest

import daemon


@pytest.fixture
def router(tmp_path):
    return daemon.Router(tmp_path)


@pytest.fixture
def prefixes(router):
    """A router that opens port 25 for addresses and prefixes, not for devices."""
    router.configure(USE_DEVICE="no")
    return router
