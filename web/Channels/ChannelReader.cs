using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Out;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Channels;

/// <summary>Reads channels.yaml as a whole: every complaint names the file, the line and the rule, and nothing is half loaded.</summary>
/// <param name="calendars">by id, for working hours</param>
/// <param name="departments">those that there are; empty where none is listed, and then any name will do</param>
internal sealed class ChannelReader(IReadOnlyDictionary<string, BusinessCalendar> calendars, IReadOnlyCollection<string> departments)
{
    public const string FileName = "channels.yaml";
    private const int MostChannels = 50, MostContacts = 2_000, DefaultTimeoutS = 10;
    private static readonly string[] Keys = ["base_url", "fallback", "allow", "channels", "contacts", "rotas", "routes", "watch"];
    private static readonly string[] Common = ["id", "kind", "language", "zone", "per_minute", "timeout_s", "every_s"];
    private static readonly string[] EventKeys = ["departments", "types"];
    private static readonly string[] MailKeys = ["host", "port", "tls", "user", "from", "certificate_sha256"];
    private static readonly string[] Chats = [.. ChannelKinds.ByName.Values.Where(k => k.Chat).Select(k => k.Name).Order(StringComparer.Ordinal)];

    /// <exception cref="ReferenceDataException">It breaks a rule.</exception>
    public ChannelSettings Read(string name, string text)
    {
        var root = YamlEntries.OneText(name, text, Keys);
        var allow = Allow(root);
        var channels = new SortedDictionary<string, ChannelEntry>(StringComparer.Ordinal);
        foreach (var entry in root.Mappings("channels", [.. Common, "url", .. MailKeys, .. EventKeys], []) ?? [])
        {
            var channel = Channel(entry, allow);
            if (channel.Id == OutboxRow.Web) throw entry.Error("id", "'web' is the wall's own channel");
            if (!channels.TryAdd(channel.Id, channel)) throw entry.Error("id", $"channel '{channel.Id}' stands twice");
            if (channels.Count > MostChannels) throw entry.Error("id", $"there may be {MostChannels} channels");
        }
        var contacts = Contacts(root);
        var rotas = Duty.RotaReader.Read(root, contacts, Departments);
        var route = Root(root, channels);
        var fallback = root.Text("fallback");
        if (fallback is not null && channels.TryGetValue(fallback, out var other) && other.Kind == HeartbeatCall.Kind) throw root.Error("fallback", "'fallback' must be a channel that sends alerts");
        if (fallback is not null && !channels.ContainsKey(fallback)) throw root.Error("fallback", $"there is no channel '{fallback}'");
        if (fallback is not null && channels[fallback].Kind == Subscriptions.Kind) throw root.Error("fallback", "a channel of events tells no person");
        if (channels.Values.Any(c => c.Mail is not null) && !contacts.Any(c => c.Has(null, Ladder.LastWord) && c.Addresses.ContainsKey(ChannelKinds.Mail)))
            throw root.Error("contacts", $"mail needs a contact of the level '{Ladder.LastWord}' with an address, for all departments: he is told where nobody has a level");
        return new(BaseUrl(root), fallback, allow, channels, contacts, route) { Rotas = rotas, Watch = Watch(root) };
    }

    private WatchSettings Watch(YamlEntry root)
    {
        var usual = WatchSettings.Default;
        return root.Mapping("watch", ["hours", "silent_minutes", "lateness_ms", "least_events"], []) is not { } watch ? usual : new(
            Hours(watch), watch.Number("silent_minutes", 1, 7 * 24 * 60) * 60_000L ?? usual.SilentMs, watch.Number("lateness_ms", 1, 3_600_000) ?? usual.LatenessMs,
            watch.Number("least_events", 0, 1_000_000) ?? usual.LeastEvents);
    }

    private static Uri BaseUrl(YamlEntry root)
    {
        var text = root.Text("base_url") ?? throw root.Error("base_url", "'base_url' is required: links in messages begin with it");
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0
            ? url : throw root.Error("base_url", "'base_url' must be an address such as https://ops.example.com");
    }

    private static AllowList Allow(YamlEntry root)
    {
        var texts = root.Texts("allow") ?? [];
        foreach (var (text, line) in texts)
            if (AllowList.Parse([text]) is null) throw root.At(line, "'allow' holds hosts, addresses and networks such as 10.1.2.0/24, each with or without a port");
        return AllowList.Parse(texts.Select(t => t.Text))!;
    }

    private ChannelEntry Channel(YamlEntry entry, AllowList allow)
    {
        var (id, name) = (entry.Name(), entry.Text("kind") ?? throw entry.Error("kind", "'kind' is required"));
        if (!ChannelKinds.ByName.TryGetValue(name, out var kind)) throw entry.Error("kind", $"'kind' is one of {string.Join(", ", ChannelKinds.ByName.Keys.Order(StringComparer.Ordinal))}");
        if (name != ChannelKinds.Mail && MailKeys.FirstOrDefault(entry.Has) is { } foreign) throw entry.Error(foreign, $"'{foreign}' belongs to a channel of the kind email");
        if (name != Subscriptions.Kind && EventKeys.FirstOrDefault(entry.Has) is { } ours) throw entry.Error(ours, $"'{ours}' belongs to a channel of the kind {Subscriptions.Kind}");
        if (name is not ("webhook" or Subscriptions.Kind) && entry.Has("url"))
            throw entry.Error("url", name == ChannelKinds.Mail ? "a channel of the kind email has a 'host'" : "the address of this kind carries its authority: it is set as the secret 'url', and stands in no file");
        if (name != HeartbeatCall.Kind && entry.Has("every_s")) throw entry.Error("every_s", "'every_s' belongs to a channel of the kind heartbeat");
        var rates = entry.Number("per_minute", 1, 6_000) is { } most ? [new(most, 60_000), .. kind.Rates.Where(r => r.Ms != 60_000 || r.Most < most)] : kind.Rates;
        return new(
            id, name, Language(entry), entry.TimeZone("zone") ?? DateTimeZone.Utc, entry.Text("url") is { } url ? Address(entry, url, allow) : null,
            name == ChannelKinds.Mail ? Mail(entry, allow) : null, rates, (entry.Number("timeout_s", 1, 60) ?? DefaultTimeoutS) * 1000)
        {
            EveryMs = (entry.Number("every_s", 10, 86_400) ?? 60) * 1000L,
            Departments = name == Subscriptions.Kind ? Departments(entry) : [], Types = [.. (entry.Texts("types") ?? []).Select(t => OwnEvents.Types.Contains(t.Text) ? t.Text
                : throw entry.At(t.Line, $"'types' are {string.Join(", ", OwnEvents.Types)}"))],
        };
    }

    private static Uri Address(YamlEntry entry, string text, AllowList allow)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !IsAddress(url, allow))
            throw entry.Error("url", "'url' must be an https address without a user; http only for what 'allow' lets through");
        return url.Query.Length == 0 ? url : throw entry.Error("url", "an address with a query carries its authority: set it as the secret 'url'");
    }

    /// <summary>Whether it may be an address of a channel, before anybody looks where it leads.</summary>
    internal static bool IsAddress(Uri url, AllowList allow) =>
        url.UserInfo.Length == 0 && url.Fragment.Length == 0 && url.Host.Length > 0
        && (url.Scheme == "https" || (url.Scheme == "http" && (allow.HasName(url.IdnHost, url.Port) || (System.Net.IPAddress.TryParse(url.IdnHost, out var ip) && allow.Has(ip, url.Port)))));

    private static MailServer Mail(YamlEntry entry, AllowList allow)
    {
        var host = entry.Text("host") ?? throw entry.Error("host", "'host' is required");
        if (Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)) throw entry.Error("host", "'host' must be a name or an address");
        var tls = entry.Text("tls") switch
        {
            null or "starttls" => MailTls.StartTls, "implicit" => MailTls.Implicit, "none" => MailTls.None,
            _ => throw entry.Error("tls", "'tls' is starttls, implicit or none"),
        };
        var port = entry.Number("port", 1, 65_535) ?? (tls == MailTls.Implicit ? 465 : 587);
        var near = allow.HasName(host, port) || (System.Net.IPAddress.TryParse(host, out var ip) && allow.Has(ip, port));
        if (tls == MailTls.None && !near) throw entry.Error("tls", "without TLS mail goes only to what 'allow' lets through");
        if (tls == MailTls.None && entry.Has("user")) throw entry.Error("user", "a password is not sent without TLS");
        var from = entry.Text("from") ?? throw entry.Error("from", "'from' is required");
        if (!MailLetter.IsAddress(from)) throw entry.Error("from", "'from' must be a plain mail address");
        var print = entry.Text("certificate_sha256");
        if (print is not null && (print.Length != 64 || !print.All(char.IsAsciiHexDigit))) throw entry.Error("certificate_sha256", "'certificate_sha256' is 64 hex digits");
        return new(host, port, tls, entry.Text("user"), from, print);
    }

    private List<Contact> Contacts(YamlEntry root)
    {
        var all = new List<Contact>();
        foreach (var entry in root.Mappings("contacts", ["id", "name", "language", "zone", "hours", "departments", "levels", "addresses"], []) ?? [])
        {
            var contact = new Contact(
                entry.Name(), entry.Text("name") ?? throw entry.Error("name", "'name' is required"), Language(entry), entry.TimeZone("zone") ?? DateTimeZone.Utc, Hours(entry),
                Departments(entry), [.. (entry.Texts("levels") ?? throw entry.Error("levels", "'levels' is required: the levels of the ladder at which he is told")).Select(t => t.Text)],
                Addresses(entry));
            if (all.Any(c => c.Id == contact.Id)) throw entry.Error("id", $"contact '{contact.Id}' stands twice");
            all.Add(contact);
            if (all.Count > MostContacts) throw entry.Error("id", $"there may be {MostContacts} contacts");
        }
        return all;
    }

    private static SortedDictionary<string, string> Addresses(YamlEntry entry)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (entry.Mapping("addresses", [ChannelKinds.Mail, .. Chats], []) is not { } addresses) return found;
        foreach (var kind in (string[])[ChannelKinds.Mail, .. Chats])
        {
            if (addresses.Text(kind) is not { } text) continue;
            var good = kind == ChannelKinds.Mail ? MailLetter.IsAddress(text) : text.Length <= 64 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
            if (!good) throw addresses.Error(kind, kind == ChannelKinds.Mail ? "must be a plain mail address" : "must be a user's id: letters, digits, '-', '_' and '.'");
            found[kind] = text;
        }
        return found;
    }

    private BusinessCalendar? Hours(YamlEntry entry) => entry.Text("hours") is not { } id ? null
        : calendars.TryGetValue(id, out var calendar) ? calendar : throw entry.Error("hours", $"there is no calendar '{id}'");

    private List<string> Departments(YamlEntry entry)
    {
        var all = new List<string>();
        foreach (var (text, line) in entry.Texts("departments") ?? [])
            all.Add(departments.Count == 0 || departments.Contains(text) ? text : throw entry.At(line, $"department '{text}' is not in {ReferenceData.DepartmentsFile}"));
        return all;
    }

    private static string Language(YamlEntry entry) => entry.Text("language") switch
    {
        null => "en",
        { } text when MessageText.Languages.Contains(text) => text,
        _ => throw entry.Error("language", "'language' is en, zh-Hans or zh-Hant"),
    };

    private ChannelRoute Root(YamlEntry root, SortedDictionary<string, ChannelEntry> channels)
    {
        if (root.Mapping("routes", ["channels", "repeat_minutes", "routes"], []) is not { } top)
            return channels.Values.All(c => c.Kind == Subscriptions.Kind) ? ChannelSettings.None.Root : throw root.Error("routes", "'routes' is required: its own 'channels' are told of everything that no inner route takes");
        return Route(top, RouteMatch.Everything, channels, Telling.RepeatMs, false);
    }

    private ChannelRoute Route(YamlEntry entry, RouteMatch match, SortedDictionary<string, ChannelEntry> channels, long above, bool goesOn)
    {
        var names = new List<string>();
        foreach (var (text, line) in entry.Texts("channels") ?? throw entry.Error("channels", "'channels' is required"))
        {
            if (!channels.TryGetValue(text, out var channel)) throw entry.At(line, $"there is no channel '{text}'");
            if (channel.Kind == HeartbeatCall.Kind) throw entry.At(line, $"channel '{text}' sends signs of life, and no alerts");
            if (channel.Kind == Subscriptions.Kind) throw entry.At(line, $"channel '{text}' takes every event by itself and stands in no route");
            if (names.Contains(text)) throw entry.At(line, $"channel '{text}' stands twice");
            names.Add(text);
        }
        var repeat = entry.Number("repeat_minutes", 1, 7 * 24 * 60) * 60_000L ?? above;
        var inner = new List<ChannelRoute>();
        foreach (var child in entry.Mappings("routes", ["match", "channels", "repeat_minutes", "continue", "routes"], []) ?? [])
            inner.Add(Route(child, Match(child), channels, repeat, child.Flag("continue") ?? false));
        return new(match, names, repeat, goesOn, inner);
    }

    private RouteMatch Match(YamlEntry entry)
    {
        var match = entry.Mapping("match", ["rules", "lights", "levels", "departments"], []) ?? throw entry.Error("match", "'match' is required: only the root takes everything");
        var lights = match.Texts("lights") ?? [];
        foreach (var (text, line) in lights)
            if (text is not ("red" or "yellow")) throw match.At(line, "'lights' are red and yellow");
        return new(Texts("rules"), [.. lights.Select(t => t.Text)], Texts("levels"), Departments(match));

        IReadOnlyList<string> Texts(string key) => [.. (match.Texts(key) ?? []).Select(t => t.Text)];
    }
}
