using Orleans.Concurrency;

namespace OpsMonitor.Silo.Orleans.Grains;

// The contract between nodes. During a rolling upgrade both versions of it are alive at once, therefore:
// - an alias is never changed and never used again; a method is added, never altered; what it carries is bytes of a versioned text (Wire.cs).
// - a method that is gone stays for one release and answers as before.

internal static class Contract
{
    /// <summary>How long a caller waits for work that grows with the number of subjects.</summary>
    public const string LongWork = "00:30:00";

    /// <summary>How long a teller waits for somebody to hear: nobody waits for the teller, and a row that was given up is told again, and costs again.</summary>
    public const string Hearing = "00:01:00";
}

/// <summary>One subject: keeps its history durable, judges it, tells its row. Key: the subject's text, <c>ticket/T-1</c>.</summary>
public interface ISubjectGrain : IGrainWithStringKey
{
    /// <summary>Takes a frame of this subject's events. Returns when what it accepted is durable: a <c>Verdict</c> a byte, in their order.</summary>
    [Alias("Take")]
    Task<byte[]> Take([Immutable] byte[] frame);

    /// <summary>Its row changes now although nothing happened.</summary>
    [Alias("Judge")]
    Task Judge();

    /// <summary>Tells its row to all it concerns: again, or only where it has not been heard yet. Ends when it has been heard.</summary>
    [Alias("Retell"), ResponseTimeout(Contract.LongWork)]
    Task Retell(bool again);

    /// <summary>Judges by what has been saved, at least up to this number of savings. Ends when it is durable.</summary>
    [Alias("Adopt")]
    Task Adopt(int edits);

    /// <summary>All its durable events as a frame.</summary>
    [Alias("History")]
    Task<byte[]> History();
}

[Alias("opsmonitor.ticket")]
public interface ITicketGrain : ISubjectGrain;

[Alias("opsmonitor.contact")]
public interface IContactGrain : ISubjectGrain;

[Alias("opsmonitor.callback")]
public interface ICallbackGrain : ISubjectGrain;

[Alias("opsmonitor.agent")]
public interface IAgentGrain : ISubjectGrain;

/// <summary>Subjects that have no row: their events are kept and counted.</summary>
[Alias("opsmonitor.other")]
public interface IOtherGrain : ISubjectGrain;

/// <summary>A customer's contacts, for first-contact resolution. Key: the customer's reference.</summary>
[Alias("opsmonitor.customer")]
public interface ICustomerGrain : IGrainWithStringKey
{
    /// <summary>A contact's fact in its newest version; null where the contact is no longer this customer's.</summary>
    [Alias("Hear"), ResponseTimeout(Contract.Hearing)]
    Task Hear(string contact, long version, [Immutable] byte[]? fact);

    [Alias("Judge")]
    Task Judge();
}

/// <summary>Sums of one department or queue over the rows told to it.</summary>
public interface IScopeGrain : IGrainWithStringKey
{
    /// <summary>Rows, each a <c>Told</c>. Newer wins; hearing one twice changes nothing.</summary>
    [Alias("Hear"), ResponseTimeout(Contract.Hearing)]
    Task Hear([Immutable] byte[][] rows);

    /// <summary>The metrics of [from, to), Unix ms, as JSON.</summary>
    [Alias("Metrics")]
    Task<byte[]> Metrics(long from, long to);
}

/// <summary>Key: the department's id, or "-" for subjects in nobody's care. Wakes its subjects at their deadlines and feeds the nodes' boards.</summary>
[Alias("opsmonitor.department")]
public interface IDepartmentGrain : IScopeGrain
{
    /// <summary>Watches, or goes on watching. The answer says how far the department is, so that a node sees what it missed.</summary>
    [Alias("Watch")]
    Task<Mark> Watch(IRowWatcher watcher);

    [Alias("Page"), ResponseTimeout(Contract.Hearing)]
    Task<byte[][]> Page(string? after);

    /// <summary>Looks at its deadlines now.</summary>
    [Alias("Wake")]
    Task Wake();
}

[Alias("opsmonitor.queue")]
public interface IQueueGrain : IScopeGrain;

/// <summary>The alerts of one department, as its subjects decided and kept them. Key: as the department's.</summary>
[Alias("opsmonitor.alerts")]
public interface IAlertGrain : IGrainWithStringKey
{
    [Alias("Hear"), ResponseTimeout(Contract.Hearing)]
    Task Hear([Immutable] byte[][] rows);

    /// <summary>An alert by its code as JSON; null where there is none.</summary>
    [Alias("Find")]
    Task<byte[]?> Find(string code);
}

/// <summary>Which subjects came up on one day, a part of them. Key: <c>yyyy-MM-dd/part</c>. Durable before the subject's first event is.</summary>
[Alias("opsmonitor.bucket")]
public interface IBucketGrain : IGrainWithStringKey
{
    [Alias("Register")]
    Task Register(string subject);

    /// <summary>Has every subject tell its row (see there); returns how many.</summary>
    [Alias("Retell"), ResponseTimeout(Contract.LongWork)]
    Task<int> Retell(bool again);

    /// <summary>Has every ticket and callback judged by the policies with this number of savings (see the subject).</summary>
    [Alias("Adopt"), ResponseTimeout(Contract.LongWork)]
    Task Adopt(int edits);

    [Alias("Subjects")]
    Task<string[]> Subjects();
}

/// <summary>What the whole installation shares. Key: 0.</summary>
[Alias("opsmonitor.installation")]
public interface IInstallationGrain : IGrainWithIntegerKey
{
    [Alias("AddDay")]
    Task AddDay(string day);

    [Alias("AddDepartment")]
    Task AddDepartment(string department);

    [Alias("Days")]
    Task<string[]> Days();

    [Alias("Departments")]
    Task<string[]> Departments();

    /// <summary>
    /// Has all rows told, once for all who ask at the same time: again, for a department that came up; or only what has not been heard, after a
    /// silo was lost. Returns how many subjects there are.
    /// </summary>
    [Alias("Repair"), ResponseTimeout(Contract.LongWork)]
    Task<int> Repair(bool again);

    /// <summary>What a node knows of the sources, for what all nodes know of them.</summary>
    [Alias("Sources")]
    Task<byte[]> Sources(string node, [Immutable] byte[] known);

    /// <summary>Policies and reference data: file name to text. Publishing replaces all of them.</summary>
    [Alias("Publish")]
    Task Publish([Immutable] byte[] files);

    [Alias("Files")]
    Task<byte[]> Files();

    /// <summary>Keeps the saving of a policy or calendar; its number must be the next. All subjects follow, also after a silo was lost.</summary>
    /// <returns>false where somebody else saved first</returns>
    [Alias("Change")]
    Task<bool> Change([Immutable] byte[] edit);

    /// <summary>The durable savings after the first so many, in order.</summary>
    [Alias("Edits")]
    Task<byte[]> Edits(int after);
}

/// <summary>A node's board, fed by each department.</summary>
[Alias("opsmonitor.rows")]
public interface IRowWatcher : IGrainObserver
{
    [OneWay]
    [Alias("Rows")]
    Task Rows(string department, Mark mark, [Immutable] byte[][] rows);
}

/// <summary>
/// How far a department's telling is: a start of its own and a running number; and whether it has heard everything again since that start.
/// </summary>
[GenerateSerializer, Immutable, Alias("opsmonitor.mark")]
public readonly record struct Mark([property: Id(0)] string Epoch, [property: Id(1)] long Number, [property: Id(2)] bool Whole);
