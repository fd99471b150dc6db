// The reads of companions.py by the JavaScript SDK; prints the names that it sees, as the CLI does.
import { ConnectAgent } from "./connect.mjs";
import { load } from "./sdk.mjs";

// Node.js knows no HTTPS_PROXY of itself.
const proxy = process.env.HTTPS_PROXY;
const settings = { region: "us-east-1", ...(proxy && { requestHandler: { httpsAgent: new ConnectAgent(proxy) } }) };
const { DescribeSubnetsCommand, EC2Client } = load("@aws-sdk/client-ec2");
const { IAMClient, ListRolesCommand } = load("@aws-sdk/client-iam");
const { ListAccountsCommand, OrganizationsClient } = load("@aws-sdk/client-organizations");
const { GetCallerIdentityCommand, STSClient } = load("@aws-sdk/client-sts");

const Filters = [{ Name: "state", Values: ["available"] }];
const { Subnets } = await new EC2Client(settings).send(new DescribeSubnetsCommand({ Filters }));
console.log(Subnets.map((subnet) => subnet.CidrBlock).join("\t"));
const { Roles } = await new IAMClient(settings).send(new ListRolesCommand({}));
console.log(Roles.map((role) => role.RoleName).join("\t"));
const { Accounts } = await new OrganizationsClient(settings).send(new ListAccountsCommand({}));
console.log(Accounts.map((account) => account.Name).join("\t"));
console.log((await new STSClient(settings).send(new GetCallerIdentityCommand({}))).Account);
