# The AWS CLI's ways to page, tokens handed from one process to the next. `aws` is to be a function that prints an answer and,
# after it, a line of its own.
token() { "$PYTHON" -c 'import json, sys; answer = json.load(sys.stdin); print(answer.get("NextToken") or answer["nextToken"])'; }
aws list-principals --resource-owner SELF --page-size 2
types=$(aws list-resource-types --no-paginate --max-results 3 | sed '/^----$/d')
printf '%s\n----\n' "$types"
aws list-resource-types --no-paginate --max-results 3 --next-token "$(printf '%s' "$types" | token)"
first=$(aws list-resources --resource-owner SELF --max-items 3 | sed '/^----$/d')
printf '%s\n----\n' "$first"
aws list-resources --resource-owner SELF --max-items 3 --starting-token "$(printf '%s' "$first" | token)"
