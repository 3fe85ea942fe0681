namespace OpsMonitor.Web.Reference;

/// <summary>A reference file breaks a rule. Names the file, the line (from 1; 0 where the whole file is meant) and the rule.</summary>
public sealed class ReferenceDataException(string file, long line, string rule, Exception? inner = null)
    : Exception(line > 0 ? $"{file}:{line}: {rule}" : $"{file}: {rule}", inner)
{
    public string File => file;
    public long Line => line;
    public string Rule => rule;
}
