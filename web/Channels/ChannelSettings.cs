using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;

namespace OpsMonitor.Web.Channels;

/// <summary>How a mail server is spoken to.</summary>
internal enum MailTls { StartTls, Implicit, None }

/// <param name="Host">of the mail server</param>
/// <param name="From">a plain address</param>
/// <param name="CertificateSha256">hex; then only the certificate with this print is trusted, whoever signed it</param>
internal sealed record MailServer(string Host, int Port, MailTls Tls, string? User, string From, string? CertificateSha256);

/// <summary>One way to the outside. Secrets are not here: <see cref="SecretBox"/> has them by the channel's id.</summary>
/// <param name="Kind">a name of <see cref="ChannelKinds"/></param>
/// <param name="Url">null where the address is itself a secret</param>
/// <param name="Rates">how fast it may be told</param>
internal sealed record ChannelEntry(string Id, string Kind, string Language, DateTimeZone Zone, Uri? Url, MailServer? Mail, IReadOnlyList<Rate> Rates, int TimeoutMs)
{
    /// <summary>Of a heartbeat: how often it is sent, in ms.</summary>
    public long EveryMs { get; init; } = 60_000;

    /// <summary>Of a channel of events: whose it wants; empty for all.</summary>
    public IReadOnlyList<string> Departments { get; init; } = [];

    /// <summary>Of a channel of events: which it wants; empty for all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];
}

/// <summary>Somebody who is told.</summary>
/// <param name="Hours">when he works; null for at any time</param>
/// <param name="Departments">empty for all</param>
/// <param name="Levels">of the ladder</param>
/// <param name="Addresses">by kind of channel: a mail address; a user's id in a chat, for being mentioned</param>
internal sealed record Contact(
    string Id, string Name, string Language, DateTimeZone Zone, BusinessCalendar? Hours, IReadOnlyList<string> Departments, IReadOnlyList<string> Levels,
    IReadOnlyDictionary<string, string> Addresses)
{
    public bool Has(string? department, string level) =>
        Levels.Contains(level, StringComparer.Ordinal) && (Departments.Count == 0 || (department is not null && Departments.Contains(department, StringComparer.Ordinal)));
}

/// <summary>What a route takes; an empty list takes everything.</summary>
internal sealed record RouteMatch(IReadOnlyList<string> Rules, IReadOnlyList<string> Lights, IReadOnlyList<string> Levels, IReadOnlyList<string> Departments)
{
    public static readonly RouteMatch Everything = new([], [], [], []);

    public bool Takes(string rule, AlertLevel light, string level, string? department) =>
        In(Rules, rule) && In(Lights, light == AlertLevel.Red ? "red" : "yellow") && In(Levels, level) && In(Departments, department ?? "");

    private static bool In(IReadOnlyList<string> all, string one) => all.Count == 0 || all.Contains(one, StringComparer.Ordinal);
}

/// <summary>A node of the tree of routes. What no child takes is told by the node's own channels.</summary>
/// <param name="RepeatMs">how long the same is not said again to the same recipient</param>
/// <param name="GoesOn">whether the routes after it are asked as well</param>
internal sealed record ChannelRoute(RouteMatch Match, IReadOnlyList<string> Channels, long RepeatMs, bool GoesOn, IReadOnlyList<ChannelRoute> Routes);

/// <summary>All of channels.yaml.</summary>
/// <param name="BaseUrl">where people reach this server: the beginning of links</param>
/// <param name="Fallback">the channel that tells what another could not; null for none</param>
/// <param name="Allow">what the guard lets through although it is not public</param>
internal sealed record ChannelSettings(
    Uri BaseUrl, string? Fallback, AllowList Allow, IReadOnlyDictionary<string, ChannelEntry> Channels, IReadOnlyList<Contact> Contacts, ChannelRoute Root)
{
    public static readonly ChannelSettings None = new(
        new("http://localhost/"), null, AllowList.Nothing, new SortedDictionary<string, ChannelEntry>(StringComparer.Ordinal), [], new(RouteMatch.Everything, [], Telling.RepeatMs, false, []));

    /// <summary>Which channels tell it, each once, and after how long again. The root takes everything, so no step of a ladder is lost.</summary>
    public IReadOnlyList<(string Channel, long RepeatMs)> RoutesOf(string rule, AlertLevel light, string level, string? department)
    {
        var found = new List<(string, long)>();
        Ask(Root);
        return found;

        void Ask(ChannelRoute route)
        {
            var taken = false;
            foreach (var child in route.Routes)
            {
                if (!child.Match.Takes(rule, light, level, department)) continue;
                Ask(child);
                taken = true;
                if (!child.GoesOn) break;
            }
            if (taken) return;
            foreach (var channel in route.Channels)
                if (!found.Any(f => f.Item1 == channel)) found.Add((channel, route.RepeatMs));
        }
    }

    /// <summary>When a source is silent, and what is noticed late.</summary>
    public WatchSettings Watch { get; init; } = WatchSettings.Default;

    public IReadOnlyList<Duty.RotaEntry> Rotas { get; init; } = [];

    /// <summary>
    /// Who has a level for a department at an instant: whoever is on duty there, at whatever hour; where no rota says, all who have the level; where
    /// nobody has, the administrators.
    /// </summary>
    /// <param name="at">Unix ms</param>
    public IReadOnlyList<Contact> ContactsOf(string? department, string level, long at)
    {
        // A department's own rota stands before one for all.
        foreach (var own in (bool[])[true, false])
        {
            var onDuty = Rotas.Where(r => r.Departments.Count > 0 == own && r.Takes(department, level)).Select(r => r.Plan.At(at)?.Person).OfType<string>().Distinct().ToList();
            if (onDuty.Count > 0) return [.. Contacts.Where(c => onDuty.Contains(c.Id)).Select(static c => c with { Hours = null })];
        }
        var found = Contacts.Where(c => c.Has(department, level)).ToList();
        return found.Count > 0 ? found : Administrators;
    }

    /// <summary>Those who have an address of a kind; where none of them has, the administrators who do: a step must not be lost for want of an address.</summary>
    public IReadOnlyList<Contact> ReachedBy(string kind, IReadOnlyList<Contact> people)
    {
        var found = people.Where(c => c.Addresses.ContainsKey(kind)).ToList();
        return found.Count > 0 ? found : [.. Administrators.Where(c => c.Addresses.ContainsKey(kind))];
    }

    private List<Contact> Administrators => [.. Contacts.Where(static c => c.Levels.Contains(Ladder.LastWord, StringComparer.Ordinal))];
}
