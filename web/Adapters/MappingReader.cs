using System.Text.RegularExpressions;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Adapters;

/// <summary>Reads a mapping file strictly: every complaint names the file, the line and the rule. (docs: adapters)</summary>
public static partial class MappingReader
{
    private static readonly string[] Keys = ["source", "format", "separator", "zone", "missing", "key", "time_goes_back", "auth", "defaults", "rules", "base"];
    private static readonly string[] EventKeys = ["subject", "time", "id", "sequence"];

    /// <exception cref="ReferenceDataException">The file breaks a rule, or is no YAML.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Mapping Read(string file)
    {
        var root = YamlEntries.One(file, Keys, []);
        if (root.Text("base") is { } name) return Based(root, name, file);
        var zone = root.TimeZone("zone") ?? DateTimeZone.Utc;
        var key = Template(root, "key");
        var head = new Mapping(Path.GetFileNameWithoutExtension(file), root.Text("source") ?? throw root.Error("source", "'source' is required"), Format(root), Separator(root),
            [.. (root.Texts("missing") ?? []).Select(t => t.Text)], key, HoldTime(root), Auth(root), []);
        var defaults = root.Mapping("defaults", EventKeys, []);
        var rules = new List<Rule>();
        foreach (var entry in root.Mappings("rules", ["name", "when", "ignore", "type", "once", "data", .. EventKeys], []) ?? throw root.Error("rules", "'rules' is required"))
        {
            var rule = Rule(entry, defaults, zone, key is not null);
            if (rules.Exists(r => r.Ignore is null && rule.Ignore is null && r.Name == rule.Name)) throw entry.Error("name", $"two rules are called '{rule.Name}'; give each a 'name'");
            rules.Add(rule);
        }
        if (rules.Count == 0) throw root.Error("rules", "'rules' is empty");
        return head with { Rules = rules, Headers = [.. NamedHeader().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Distinct(StringComparer.OrdinalIgnoreCase)] };
    }

    // The RFC 9110 characters of a token, but for those that end a field in a template.
    [GeneratedRegex(@"\$header\.([A-Za-z0-9!#$%&'*+.^_`~-]+)")]
    private static partial Regex NamedHeader();

    /// <summary>A mapping that comes with the program, with another source or another proof of who sends.</summary>
    private static Mapping Based(YamlEntry root, string name, string file)
    {
        if (Keys.FirstOrDefault(k => k is not ("base" or "source" or "auth") && root.Has(k)) is { } more) throw root.Error(more, $"with a 'base' only 'source' and 'auth' may be given, not '{more}'");
        if (AdapterShelf.FileOf(name, null) is not { } known) throw root.Error("base", $"no mapping '{name}' comes with the program");
        var mapping = Read(known);
        return mapping with { Name = Path.GetFileNameWithoutExtension(file), Source = root.Text("source") ?? mapping.Source, Auth = root.Has("auth") ? Auth(root) : mapping.Auth };
    }

    private static Rule Rule(YamlEntry entry, YamlEntry? defaults, DateTimeZone zone, bool keyed)
    {
        var when = ConditionReader.Read(entry);
        if (entry.Has("ignore"))
        {
            if (entry.Has("type")) throw entry.Error("ignore", "a rule either ignores or makes an event of a 'type'");
            return new(entry.Text("name") ?? "ignore", when, entry.Text("ignore"));
        }
        var type = entry.Text("type") ?? throw entry.Error("type", "'type' is required (or 'ignore' with the reason)");
        if (!EventTypes.All.ContainsKey(type)) throw entry.Error("type", $"'{type}' is not an event type");
        var name = entry.Text("name") ?? type;
        return new(name, when, null)
        {
            Type = type,
            Subject = Subject(entry, defaults, type),
            Id = Own(entry, defaults, "id") is { } own ? Template(own, "id")! : keyed ? Adapters.Template.Parse("{$key}-{$row}-" + name, out _)! : throw entry.Error("id", "'id' is required where the mapping has no 'key'"),
            Time = Own(entry, defaults, "time") is { } time ? ValueReader.Time(time, "time", zone) : throw entry.Error("time", "'time' is required"),
            Sequence = Own(entry, defaults, "sequence") is { } s ? Template(s, "sequence") : null,
            Once = entry.Text("once") switch
            {
                null or "false" => Once.No,
                "true" => Once.Ever,
                "latest" => Once.Latest,
                "in_a_row" => Once.InARow,
                var other => throw entry.Error("once", $"'once' may be true, false, latest or in_a_row, not '{other}'"),
            },
            Data = ValueReader.Data(entry, type, zone),
        };
    }

    private static YamlEntry? Own(YamlEntry entry, YamlEntry? defaults, string key) => entry.Has(key) ? entry : defaults?.Has(key) == true ? defaults : null;

    private static Template Subject(YamlEntry entry, YamlEntry? defaults, string type)
    {
        var holder = Own(entry, defaults, "subject") ?? throw entry.Error("subject", "'subject' is required");
        var kind = type[..type.IndexOf('.', StringComparison.Ordinal)];
        return holder.Text("subject")!.StartsWith(kind + "/", StringComparison.Ordinal) ? Template(holder, "subject")!
            : throw entry.Error("subject", $"the subject of {type} must begin with '{kind}/'");
    }

    private static Template? Template(YamlEntry entry, string key) => entry.Text(key) is not { } text ? null
        : Adapters.Template.Parse(text, out var why) ?? throw entry.Error(key, why!);

    private static InputFormat Format(YamlEntry root) => root.Text("format") switch
    {
        null or "json" => InputFormat.Json,
        "ndjson" => InputFormat.Ndjson,
        "csv" => InputFormat.Csv,
        var other => throw root.Error("format", $"'format' may be json, ndjson or csv, not '{other}'"),
    };

    private static char Separator(YamlEntry root) => root.Text("separator") switch
    {
        null => ',',
        "tab" => '\t',
        [var one] => one,
        _ => throw root.Error("separator", "'separator' must be one character, or tab"),
    };

    private static bool HoldTime(YamlEntry root) => root.Text("time_goes_back") switch
    {
        null or "keep" => false,
        "hold" when root.Has("key") => true,
        "hold" => throw root.Error("time_goes_back", "'hold' needs a 'key': which rows are of one thing"),
        var other => throw root.Error("time_goes_back", $"'time_goes_back' may be keep or hold, not '{other}'"),
    };

    private static AdapterAuth Auth(YamlEntry root)
    {
        if (root.Mapping("auth", ["kind", "secret", "header", "algorithm", "encoding", "prefix", "timestamp_header", "url"], []) is not { } auth) return AdapterAuth.ApiKey;
        var kind = auth.Text("kind");
        if (kind == "key") return AdapterAuth.ApiKey;
        if (kind is not ("hmac" or "twilio")) throw auth.Error("kind", "'kind' must be key, hmac or twilio");
        var secret = auth.Text("secret") ?? throw auth.Error("secret", "'secret' is required: the name of a file in the folder secrets");
        if (!secret.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) throw auth.Error("secret", "'secret' is the name of a file: letters, digits, '-' and '_'");
        if (kind == "twilio") return new(AuthKind.Twilio, secret, "X-Twilio-Signature", true, SignatureEncoding.Base64, Url: auth.Text("url"));
        return new(AuthKind.Hmac, secret, auth.Text("header") ?? throw auth.Error("header", "'header' is required: where the signature stands"),
            OneOf(auth, "algorithm", "sha256", "sha1"), OneOf(auth, "encoding", "hex", "base64") ? SignatureEncoding.Base64 : SignatureEncoding.Hex,
            auth.Text("prefix") ?? "", auth.Text("timestamp_header"));
    }

    /// <returns>whether it is the second</returns>
    private static bool OneOf(YamlEntry entry, string key, string first, string second)
    {
        var text = entry.Text(key) ?? first;
        if (text != first && text != second) throw entry.Error(key, $"'{key}' may be {first} or {second}, not '{text}'");
        return text == second;
    }
}
