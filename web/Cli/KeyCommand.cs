using System.CommandLine;
using OpsMonitor.Web.Access;

namespace OpsMonitor.Web.Cli;

/// <summary>Keys of integrations, in the data folder. A running server heeds a change from its next request on.</summary>
internal static class KeyCommand
{
    public static Command Make() => new("key", "Keys of integrations: add, list, rotate, revoke (a running server heeds it at once)") { Add(), List(), Rotate(), Revoke() };

    private static Option<string> Data() => new("--data") { Description = "data folder of the server", DefaultValueFactory = _ => "data" };

    private static Argument<string> Id() => new("id") { Description = "the key's id, as `key list` shows it" };

    private static Command Add()
    {
        var data = Data();
        var name = new Option<string>("--name") { Description = "whose key it is", Required = true };
        var scope = new Option<string[]>("--scope") { Description = "ingest (send events), read (numbers and lists), personal (who a customer is), admin (save policies and calendars), act (acknowledge and shelve alerts), metrics (/metrics alone); once for each", DefaultValueFactory = _ => ["ingest"] };
        scope.AcceptOnlyFromAmong("ingest", "read", "personal", "admin", "act", "metrics");
        var source = new Option<string[]>("--source") { Description = "an event source that it may speak for, once for each (default: all)" };
        var department = new Option<string[]>("--department") { Description = "a department that it may read of, once for each (default: all)" };
        var command = new Command("add", "Make a key; it is shown this once and kept only as a hash") { data, name, scope, source, department };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var scopes = parsed.GetValue(scope)!.Aggregate(KeyScope.None, static (all, word) => all | Enum.Parse<KeyScope>(word, ignoreCase: true));
            var (sources, departments) = (parsed.GetValue(source), parsed.GetValue(department));
            Console.WriteLine(Open(parsed.GetValue(data)!).Add(parsed.GetValue(name)!, scopes, sources is { Length: > 0 } ? sources : null, departments is { Length: > 0 } ? departments : null));
            return 0;
        }));
        return command;
    }

    private static Command List()
    {
        var data = Data();
        var command = new Command("list", "Show the live keys: id, scope, sources, departments, made when, name; never a secret") { data };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            foreach (var key in Open(parsed.GetValue(data)!).Keys)
                Console.WriteLine($"{key.Id}\t{key.Scope.ToString().ToLowerInvariant()}\t{(key.Sources is { } s ? string.Join(' ', s) : "(all sources)")}\t{(key.Departments is { } d ? string.Join(' ', d) : "(all departments)")}\t{key.Created}\t{key.Name}");
            return 0;
        }));
        return command;
    }

    private static Command Rotate()
    {
        var (data, id) = (Data(), Id());
        var command = new Command("rotate", "Make a second key like this one; both work until you revoke the old one") { data, id };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            if (Open(parsed.GetValue(data)!).Rotate(parsed.GetValue(id)!) is not { } key) return CommandLine.Fail("no live key has this id (see: key list)");
            Console.WriteLine(key);
            return 0;
        }));
        return command;
    }

    private static Command Revoke()
    {
        var (data, id) = (Data(), Id());
        var command = new Command("revoke", "End a key now") { data, id };
        command.SetAction(parsed => CommandLine.Guard(() =>
            Open(parsed.GetValue(data)!).Revoke(parsed.GetValue(id)!) ? 0 : CommandLine.Fail("no live key has this id (see: key list)")));
        return command;
    }

    private static ApiKeyStore Open(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "keys.json"))) throw new IOException($"--data: '{folder}' has no keys.json; start the server there once");
        return ApiKeyStore.OpenOrCreate(folder, out _);
    }
}
