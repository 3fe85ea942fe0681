using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// A shard at the end of a turn: identities seen, histories, the alerts' lives, what is known of the sources; and what was judged of it.
/// Resuming from it and taking the later turns equals taking all turns. (design: The journal)
/// </summary>
public sealed record ShardImage(
    long Now,
    long LastEventAt,
    IReadOnlyList<SeenSince> Seen,
    long EventCount,
    IReadOnlyList<KeyValuePair<Subject, History>> Histories,
    IReadOnlyList<Alert> Alerts,
    IReadOnlyDictionary<string, SourceStats> Sources)
{
    /// <summary>What was saved up to here: the histories are judged anew by it.</summary>
    public IReadOnlyList<PolicyEdit> Edits { get; init; } = [];

    /// <summary>The states told of each agent, and days that rest.</summary>
    public IReadOnlyList<AgentImage> Agents { get; init; } = [];

    /// <summary>The surveys' events; each is also in the histories of its tickets.</summary>
    public IReadOnlyList<Event> Surveys { get; init; } = [];

    /// <summary>How many alerts are kept elsewhere.</summary>
    public long AlertsAway { get; init; }

    /// <summary>The silences' events.</summary>
    public IReadOnlyList<Event> Silences { get; init; } = [];

    public JudgedImage Judged { get; init; } = JudgedImage.None;
}

/// <summary>What follows from histories, some of which are not in memory any more.</summary>
/// <param name="Rows">of those in memory, customers among them, in the order of their subjects</param>
/// <param name="Sums">of each scope, members apart: those follow from the rows</param>
/// <param name="Files">what is known of customers</param>
/// <param name="Left">see <see cref="SubjectSet.All"/></param>
/// <param name="Work">what each contact kept agents busy with, without the days that rest</param>
public sealed record JudgedImage(
    IReadOnlyList<KeyValuePair<Subject, Evaluation>> Rows, IReadOnlyList<KeyValuePair<string, LedgerImage>> Sums,
    FilesImage Files, IReadOnlyList<ulong> Left, IReadOnlyList<KeyValuePair<Subject, AgentWork>> Work)
{
    /// <summary>What the rules over many subjects know and the sums do not: <see cref="Rules.RuleWatch.Image"/>.</summary>
    public IReadOnlyList<KeyValuePair<Subject, Contribution>> Watched { get; init; } = [];

    public static readonly JudgedImage None = new([], [], FilesImage.None, [], []);
}
