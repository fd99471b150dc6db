// What the suites ask of RAM, by one client for all tests of a file.
import { CreateResourceShareCommand, GetResourceSharesCommand, RAMClient } from "@aws-sdk/client-ram";

const ram = new RAMClient({});

export const list = async (name) => {
  const { resourceShares } = await ram.send(new GetResourceSharesCommand({ resourceOwner: "SELF", name }));
  return resourceShares.map((share) => share.name);
};

export const create = (name) => ram.send(new CreateResourceShareCommand({ name }));
