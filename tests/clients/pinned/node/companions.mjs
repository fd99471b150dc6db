// The reads of companions.py by the JavaScript SDK; prints the names that it sees, as the CLI does.
import { load } from "./sdk.mjs";

const region = "us-east-1";
const { DescribeSubnetsCommand, EC2Client } = load("@aws-sdk/client-ec2");
const { IAMClient, ListRolesCommand } = load("@aws-sdk/client-iam");
const { ListAccountsCommand, OrganizationsClient } = load("@aws-sdk/client-organizations");
const { GetCallerIdentityCommand, STSClient } = load("@aws-sdk/client-sts");

const Filters = [{ Name: "state", Values: ["available"] }];
const { Subnets } = await new EC2Client({ region }).send(new DescribeSubnetsCommand({ Filters }));
console.log(Subnets.map((subnet) => subnet.CidrBlock).join("\t"));
const { Roles } = await new IAMClient({ region }).send(new ListRolesCommand({}));
console.log(Roles.map((role) => role.RoleName).join("\t"));
const { Accounts } = await new OrganizationsClient({ region }).send(new ListAccountsCommand({}));
console.log(Accounts.map((account) => account.Name).join("\t"));
console.log((await new STSClient({ region }).send(new GetCallerIdentityCommand({}))).Account);
