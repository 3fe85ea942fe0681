namespace OpsMonitor.Grains.Policies;

public enum EditKind { Policy, Calendar, Rules }

/// <summary>
/// One saving of a policy, a calendar or rules that raise alerts on a running server: an event of the installation, kept where the other events are. The text is the file as
/// written; reading it is the host's, judging by it is <see cref="PolicySet"/>'s.
/// </summary>
/// <param name="Number">counts all savings from 1</param>
/// <param name="Version">of a policy its own; of a calendar, or of the rules, how often it has been saved</param>
/// <param name="At">Unix ms; no clock that started before is judged by it, unless the text says so; rules judge what happens from then on</param>
/// <param name="By">whose key it was</param>
public sealed record PolicyEdit(int Number, EditKind Kind, string Id, int Version, long At, string By, string Text);

/// <summary>A saving and all policies as they stand with it. Null where the host cannot read texts and only walks the journal.</summary>
public sealed record PolicyChange(PolicyEdit Edit, PolicySet? Policies);
