"""A second file of that name, with a test of the same name; unittest; and the marks of pytest-recording."""

import unittest

import boto3
import pytest

from shares import at_import, made


def test_same_name():
    assert made(at_import, "same", "more") == ["more"]


@pytest.mark.default_cassette("unused.yaml")
@pytest.mark.block_network(allowed_hosts=["127.0.0.1"])
def test_beside_pytest_recording(ramtape_cassette):
    assert ramtape_cassette.name == "default"
    assert made(at_import, "same", "recording") == ["recording"]


class TestUnittest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ram = boto3.client("ram")
        cls.arn = cls.ram.create_resource_share(name="of the class")["resourceShare"]["resourceShareArn"]

    def test_class(self):
        self.ram.tag_resource(resourceShareArn=self.arn, tags=[{"key": "a", "value": "b"}])

    def test_same_name(self):
        self.assertEqual(made(self.ram, "same", "unittest"), ["unittest"])
