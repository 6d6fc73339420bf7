(* W1 on the line: laws on the same finitely many points x_0 <= x_1 <= ... *)

From Coq Require Import Reals Lra Lia Arith.
From Theory Require Import Sums Formulas.
Open Scope R_scope.

(* A plan moves the mass plan i j from x_i to x_j. *)
Definition is_plan (n : nat) (p q : nat -> R) (plan : nat -> nat -> R) : Prop :=
  (forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= plan i j) /\
  (forall i, (i < n)%nat -> sum n (fun j => plan i j) = p i) /\
  (forall j, (j < n)%nat -> sum n (fun i => plan i j) = q j).
Definition cost (n : nat) (x : nat -> R) (plan : nat -> nat -> R) : R :=
  sum n (fun i => sum n (fun j => distance (x i) (x j) * plan i j)).
Definition in_order (n : nat) (x : nat -> R) : Prop :=
  forall k, (S k < n)%nat -> x k <= x (S k).

(* The area between the distribution functions, which are steps. *)
Definition area (n : nat) (x p q : nat -> R) : R :=
  sum (pred n) (fun k => distance (x k) (x (S k)) * Rabs (sum (S k) p - sum (S k) q)).

(* The plan that keeps the order, of which the lowest k and l points exchange
   moved_in_order (F_k) (G_l). *)
Definition ordered_plan (p q : nat -> R) (i j : nat) : R :=
  moved_in_order (sum (S i) p) (sum (S j) q) - moved_in_order (sum i p) (sum (S j) q)
  - moved_in_order (sum (S i) p) (sum j q) + moved_in_order (sum i p) (sum j q).

Lemma distance_reads : forall x y, distance x y = Rabs (x - y).
Proof. intros. unfold distance. f_equal; try ring. Qed.

Lemma moved_reads : forall f g, moved_in_order f g = Rmin f g.
Proof. intros. unfold moved_in_order. unfold Rmin. destruct (Rle_dec f g); lra. Qed.

Lemma ordered_plan_reads : forall p q i j, ordered_plan p q i j =
  Rmin (sum (S i) p) (sum (S j) q) - Rmin (sum i p) (sum (S j) q)
  - Rmin (sum (S i) p) (sum j q) + Rmin (sum i p) (sum j q).
Proof.
  intros. unfold ordered_plan.
  now rewrite (moved_reads (sum (S i) p) (sum (S j) q)), (moved_reads (sum i p) (sum (S j) q)),
    (moved_reads (sum (S i) p) (sum j q)), (moved_reads (sum i p) (sum j q)).
Qed.

(* 1 up to k, 0 beyond. *)
Definition upto (k i : nat) : R := if le_dec i k then 1 else 0.

Lemma sum_upto : forall n k f, (k < n)%nat -> sum n (fun i => upto k i * f i) = sum (S k) f.
Proof.
  induction n as [| n IH]; intros k f small; [lia |]. simpl.
  destruct (Nat.eq_dec k n) as [-> | other].
  - simpl. unfold upto at 2. destruct (le_dec n n); [| lia].
    rewrite (sum_same n _ f); [ring |].
    intros i here. unfold upto. destruct (le_dec i n); [ring | lia].
  - rewrite IH by lia. unfold upto. destruct (le_dec n k); [lia | simpl; ring].
Qed.

Lemma sum_beyond : forall m i f, (i <= m)%nat -> sum m (fun k => f k * (1 - upto k i)) = sum i f.
Proof.
  induction m as [| m IH]; intros i f small; [replace i with 0%nat by lia; reflexivity |].
  simpl. destruct (Nat.eq_dec i (S m)) as [-> | other].
  - simpl. unfold upto at 2. destruct (le_dec (S m) m); [lia |].
    rewrite (sum_same m _ f); [ring |].
    intros k here. unfold upto. destruct (le_dec (S m) k); [lia | ring].
  - rewrite IH by lia. unfold upto. destruct (le_dec i m); [ring | lia].
Qed.

(* The way from x_i to x_j, step by step. *)
Lemma way : forall n x, in_order n x -> forall i, (i < n)%nat ->
  sum i (fun k => distance (x k) (x (S k))) = x i - x 0%nat.
Proof.
  intros n x ordered i small. induction i as [| i IH]; simpl; [ring |].
  rewrite IH by lia. rewrite distance_reads, Rabs_left1; [ring |].
  pose proof (ordered i small). lra.
Qed.

Lemma in_order_far : forall n x, in_order n x -> forall j i, (i <= j)%nat -> (j < n)%nat ->
  x i <= x j.
Proof.
  intros n x ordered j. induction j as [| j IH]; intros i below small.
  - replace i with 0%nat by lia. lra.
  - destruct (Nat.eq_dec i (S j)) as [-> | other]; [lra |].
    apply Rle_trans with (x j); [apply IH; lia | now apply ordered].
Qed.

Lemma distance_in_steps : forall n x i j, in_order n x -> (i < n)%nat -> (j < n)%nat ->
  distance (x i) (x j) = sum (pred n)
    (fun k => distance (x k) (x (S k)) * (upto k i + upto k j - 2 * (upto k i * upto k j))).
Proof.
  assert (sided : forall n x i j, in_order n x -> (i <= j)%nat -> (j < n)%nat ->
    distance (x i) (x j) = sum (pred n)
      (fun k => distance (x k) (x (S k)) * (upto k i + upto k j - 2 * (upto k i * upto k j)))).
  { intros n x i j ordered below small.
    rewrite (sum_same (pred n) _ (fun k => distance (x k) (x (S k)) * (1 - upto k j)
      - distance (x k) (x (S k)) * (1 - upto k i))).
    - rewrite sum_subtract, !sum_beyond by lia. rewrite !(way n) by (assumption || lia).
      pose proof (in_order_far n x ordered j i below small).
      rewrite distance_reads, Rabs_left1; lra.
    - intros k _. unfold upto. destruct (le_dec i k), (le_dec j k); try lia; ring. }
  intros n x i j ordered small_i small_j. destruct (le_dec i j) as [below | above].
  - now apply sided.
  - rewrite distance_reads, Rabs_minus_sym, <- distance_reads.
    rewrite (sided n x j i) by (assumption || lia).
    apply sum_same. intros k _. ring.
Qed.

(* What a plan leaves at or below x_k. *)
Definition kept (n : nat) (plan : nat -> nat -> R) (k : nat) : R :=
  sum n (fun i => sum n (fun j => upto k i * upto k j * plan i j)).

Lemma cost_in_steps : forall n x p q plan, in_order n x -> is_plan n p q plan ->
  cost n x plan = sum (pred n) (fun k => distance (x k) (x (S k)) *
    (sum (S k) p + sum (S k) q - 2 * kept n plan k)).
Proof.
  intros n x p q plan ordered [_ [rows columns]]. unfold cost.
  rewrite (sum_same n _ (fun i => sum (pred n) (fun k => sum n (fun j =>
    distance (x k) (x (S k)) * (upto k i + upto k j - 2 * (upto k i * upto k j)) * plan i j)))).
  2:{ intros i here. rewrite <- sum_swap. apply sum_same. intros j there.
      rewrite (distance_in_steps n x i j) by assumption.
      rewrite Rmult_comm, <- sum_scale. apply sum_same. intros k _. ring. }
  rewrite sum_swap. apply sum_same. intros k small.
  rewrite (sum_same n _ (fun i => distance (x k) (x (S k)) * (upto k i * p i
    + sum n (fun j => upto k j * plan i j) - 2 * sum n (fun j => upto k i * upto k j * plan i j)))).
  2:{ intros i here. rewrite <- (rows i here), <- !sum_scale.
      rewrite <- sum_add, <- sum_subtract, <- sum_scale.
      apply sum_same. intros j _. ring. }
  rewrite sum_scale, sum_subtract, sum_add, sum_scale, sum_swap, sum_upto by lia.
  rewrite (sum_same n (fun j => sum n (fun i => upto k j * plan i j)) (fun j => upto k j * q j)).
  2:{ intros j there. rewrite sum_scale, (columns j there). reflexivity. }
  rewrite sum_upto by lia. reflexivity.
Qed.

Lemma upto_share : forall k i, 0 <= upto k i <= 1.
Proof. intros. unfold upto. destruct (le_dec i k); lra. Qed.

Lemma kept_at_most : forall n p q plan k, is_plan n p q plan -> (k < n)%nat ->
  kept n plan k <= sum (S k) p /\ kept n plan k <= sum (S k) q.
Proof.
  intros n p q plan k [signs [rows columns]] small. unfold kept. split.
  - rewrite <- (sum_upto n k p small). apply sum_below. intros i here.
    rewrite <- (rows i here), <- sum_scale. apply sum_below. intros j there.
    pose proof (upto_share k i). pose proof (upto_share k j). pose proof (signs i j here there).
    assert (0 <= upto k i * plan i j) by (apply Rmult_le_pos; lra). nra.
  - rewrite sum_swap, <- (sum_upto n k q small). apply sum_below. intros j there.
    rewrite <- (columns j there), <- sum_scale. apply sum_below. intros i here.
    pose proof (upto_share k i). pose proof (upto_share k j). pose proof (signs i j here there).
    assert (0 <= upto k j * plan i j) by (apply Rmult_le_pos; lra). nra.
Qed.

(* Sums of differences telescope. *)
Lemma telescope : forall n (f : nat -> R), sum n (fun i => f (S i) - f i) = f n - f 0%nat.
Proof. induction n as [| n IH]; intros; simpl; [ring | rewrite IH; ring]. Qed.

Lemma masses_rise : forall n p, law n p -> forall k, (k <= n)%nat ->
  0 <= sum k p <= 1 /\ ((k < n)%nat -> sum k p <= sum (S k) p).
Proof.
  intros n p [signs whole] k small.
  assert (rest : forall m, (k <= m)%nat -> (m <= n)%nat -> sum k p <= sum m p).
  { induction m as [| m IH]; intros low high; [replace k with 0%nat by lia; lra |].
    destruct (Nat.eq_dec k (S m)) as [-> | other]; [lra |].
    simpl. pose proof (signs m ltac:(lia)). pose proof (IH ltac:(lia) ltac:(lia)). lra. }
  split; [split |].
  - apply sum_not_negative. intros i here. apply signs. lia.
  - rewrite <- whole. now apply rest.
  - intros strict. apply rest; lia.
Qed.

Lemma ordered_plan_row : forall p q m i, 0 <= sum i p -> 0 <= sum (S i) p ->
  sum m (fun j => ordered_plan p q i j)
    = Rmin (sum (S i) p) (sum m q) - Rmin (sum i p) (sum m q).
Proof.
  intros p q m i low high.
  pose proof (telescope m (fun k => Rmin (sum (S i) p) (sum k q) - Rmin (sum i p) (sum k q)))
    as total. cbv beta in total.
  change (sum 0 q) with 0 in total. rewrite !(Rmin_right _ 0) in total by assumption.
  transitivity (Rmin (sum (S i) p) (sum m q) - Rmin (sum i p) (sum m q) - (0 - 0)); [| ring].
  rewrite <- total. apply sum_same. intros j _. rewrite !ordered_plan_reads. ring.
Qed.

Lemma ordered_plan_mirror : forall p q i j, ordered_plan p q i j = ordered_plan q p j i.
Proof.
  intros. rewrite !ordered_plan_reads.
  rewrite (Rmin_comm (sum (S i) p) (sum (S j) q)), (Rmin_comm (sum i p) (sum (S j) q)),
    (Rmin_comm (sum (S i) p) (sum j q)), (Rmin_comm (sum i p) (sum j q)). ring.
Qed.

Lemma ordered_plan_is_plan : forall n p q, law n p -> law n q ->
  is_plan n p q (ordered_plan p q).
Proof.
  assert (row : forall n p q, law n p -> law n q -> forall i, (i < n)%nat ->
    sum n (fun j => ordered_plan p q i j) = p i).
  { intros n p q lp lq i here.
    destruct (masses_rise n p lp i ltac:(lia)) as [[low one] rise].
    destruct (masses_rise n p lp (S i) ltac:(lia)) as [[low_ one_] _].
    rewrite ordered_plan_row by assumption. destruct lq as [_ whole].
    rewrite whole, !Rmin_left by assumption. simpl. ring. }
  intros n p q lp lq. split; [| split].
  - intros i j here there. rewrite !ordered_plan_reads.
    destruct (masses_rise n p lp i ltac:(lia)) as [_ rise_p].
    destruct (masses_rise n q lq j ltac:(lia)) as [_ rise_q].
    specialize (rise_p here). specialize (rise_q there). unfold Rmin.
    destruct (Rle_dec (sum (S i) p) (sum (S j) q)), (Rle_dec (sum i p) (sum (S j) q)),
      (Rle_dec (sum (S i) p) (sum j q)), (Rle_dec (sum i p) (sum j q)); lra.
  - now apply row.
  - intros j there. rewrite (sum_same n _ (fun i => ordered_plan q p j i)).
    + now apply row.
    + intros i _. apply ordered_plan_mirror.
Qed.

Lemma ordered_plan_keeps : forall n p q k, law n p -> law n q -> (k < n)%nat ->
  kept n (ordered_plan p q) k = Rmin (sum (S k) p) (sum (S k) q).
Proof.
  intros n p q k lp lq small. unfold kept.
  rewrite (sum_same n _ (fun i => upto k i * (Rmin (sum (S i) p) (sum (S k) q)
    - Rmin (sum i p) (sum (S k) q)))).
  2:{ intros i here.
      destruct (masses_rise n p lp i ltac:(lia)) as [[low _] _].
      destruct (masses_rise n p lp (S i) ltac:(lia)) as [[low_ _] _].
      rewrite <- (ordered_plan_row p q (S k) i low low_), <- (sum_upto n k) by assumption.
      rewrite <- sum_scale. apply sum_same. intros j _. ring. }
  rewrite sum_upto by assumption.
  pose proof (telescope (S k) (fun i => Rmin (sum i p) (sum (S k) q))) as total.
  cbv beta in total. rewrite total.
  destruct (masses_rise n q lq (S k) ltac:(lia)) as [[low _] _].
  change (sum 0 p) with 0. rewrite (Rmin_left 0) by assumption. ring.
Qed.

(* Claims A-OT-03, A-OT-05: between laws on finitely many points of the line no plan costs less
   than the area between the distribution functions, and the plan that keeps the order costs just
   that: W1 = int |F - G| dx. *)
Theorem wasserstein_on_the_line : forall n x p q, in_order n x -> law n p -> law n q ->
  (forall plan, is_plan n p q plan -> area n x p q <= cost n x plan) /\
  is_plan n p q (ordered_plan p q) /\
  cost n x (ordered_plan p q) = area n x p q.
Proof.
  intros n x p q ordered lp lq.
  assert (least : forall f g, f + g - 2 * Rmin f g = Rabs (f - g)).
  { intros f g. unfold Rmin, Rabs. destruct (Rle_dec f g), (Rcase_abs (f - g)); lra. }
  split; [| split].
  - intros plan is_one. rewrite (cost_in_steps n x p q plan) by assumption.
    apply sum_below. intros k small. rewrite <- least.
    apply Rmult_le_compat_l; [rewrite distance_reads; apply Rabs_pos |].
    destruct (kept_at_most n p q plan k is_one ltac:(lia)) as [first second].
    pose proof (Rmin_glb _ _ _ first second). lra.
  - now apply ordered_plan_is_plan.
  - rewrite (cost_in_steps n x p q) by (try apply ordered_plan_is_plan; assumption).
    apply sum_same. intros k small. rewrite <- least.
    rewrite (ordered_plan_keeps n) by (assumption || lia). reflexivity.
Qed.
